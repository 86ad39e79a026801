from typing import Any

import pytest
from pytest_django import Settings

from realtime.checks import redis_may_be_quiet

CORE = "channels_redis.core.RedisChannelLayer"
URL = "redis://localhost"


@pytest.mark.parametrize(
    ("hosts", "fine"),
    [
        ([{"address": URL, "socket_timeout": None}], True),
        ([{"address": URL, "socket_timeout": 30}], True),
        ([{"address": URL, "socket_timeout": 5}], False),
        ([{"address": URL}], False),
        ([URL], False),
        ([("localhost", 6379)], False),
        ([{"address": URL, "socket_timeout": None}, URL], False),
    ],
)
def test_a_core_layer_that_a_quiet_redis_would_end_is_refused(
    settings: Settings, hosts: list[Any], fine: bool
) -> None:
    settings.CHANNEL_LAYERS = {"queue": {"BACKEND": CORE, "CONFIG": {"hosts": hosts}}}
    assert [error.id for error in redis_may_be_quiet()] == ([] if fine else ["realtime.E001"])


def test_the_layers_of_this_site_are_fine() -> None:
    assert not redis_may_be_quiet()
