from collections.abc import AsyncIterator, Iterator

import pytest
from channels.layers import channel_layers

from realtime.layers import InMemoryLayer, PubSubLayer
from realtime.types import Application

from .clients import Client, Visit
from .layers import AnyLayer
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


@pytest.fixture(params=["redis", "memory"])
def layer(request: pytest.FixtureRequest) -> AnyLayer:
    if request.param == "redis":
        redis_layer: PubSubLayer = request.getfixturevalue("redis_layer")
        return redis_layer
    memory = InMemoryLayer()
    channel_layers.set("default", memory)
    return memory


@pytest.fixture(params=["socket", "stream"])
async def visit(request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    """Open consumers, in one test on sockets of their own, in another through the multiplexer."""
    clients: list[Client] = []

    async def visit(
        consumer: Application, name: str = "it", *, route: str | None = None, **scope: object
    ) -> Client:
        client = Client(request.param, name, route or name, consumer)
        await client.open(scope)
        clients.append(client)
        return client

    yield visit
    for client in clients:
        await client.leave()
