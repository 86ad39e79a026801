from collections.abc import Iterator

import pytest
from channels.layers import channel_layers

from realtime.layers import PubSubLayer

from .redis import PrivateRedis


@pytest.fixture(scope="module")
def private_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRedis]:
    redis = PrivateRedis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.kill()


@pytest.fixture
def redis_layer(private_redis: PrivateRedis) -> PubSubLayer:
    layer = PubSubLayer(hosts=[private_redis.url])
    channel_layers.set("default", layer)
    return layer
