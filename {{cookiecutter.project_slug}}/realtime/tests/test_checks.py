from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from realtime.checks import connections_fit, redis_may_be_quiet

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


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
@pytest.mark.parametrize(("more", "warnings"), [(0, []), (1, ["realtime.W002"])])
def test_processes_whose_pools_do_not_fit_the_database_are_told_of(
    settings: Settings, more: int, warnings: list[str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        [most] = cursor.fetchone()
        cursor.execute("SHOW superuser_reserved_connections")
        [reserved] = cursor.fetchone()
    settings.DATABASE_CONNECTIONS = int(most) - int(reserved) + more
    assert [warning.id for warning in connections_fit(["default"])] == warnings
    assert not connections_fit()  # as where no database is named
