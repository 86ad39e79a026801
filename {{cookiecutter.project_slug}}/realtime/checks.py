"""What Django's system check says about the channel layers and the database."""

from collections.abc import Sequence
from typing import Any

from channels_redis.core import RedisChannelLayer
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.utils.module_loading import import_string

BLOCKS_FOR = RedisChannelLayer.brpop_timeout  # seconds, in which Redis sends nothing


@register
def redis_may_be_quiet(**_: Any) -> Sequence[CheckMessage]:
    """A core layer waits for Redis longer than redis-py does by default from version 8 on."""
    return [
        Error(
            f"The channel layer {alias!r} would fail whenever Redis is quiet for {BLOCKS_FOR} s.",
            hint='Give each of its hosts as a dict with "socket_timeout": None.',
            id="realtime.E001",
        )
        for alias, layer in settings.CHANNEL_LAYERS.items()
        if issubclass(import_string(layer["BACKEND"]), RedisChannelLayer)
        and not all(_is_patient(host) for host in layer.get("CONFIG", {}).get("hosts", [{}]))
    ]


def _is_patient(host: Any) -> bool:
    if not isinstance(host, dict) or "socket_timeout" not in host:
        return False
    timeout = host["socket_timeout"]
    return timeout is None or timeout > BLOCKS_FOR


@register(Tags.database)
def connections_fit(databases: Sequence[str] | None = None, **_: Any) -> Sequence[CheckMessage]:
    """All processes together may take `DATABASE_CONNECTIONS`, by their pools.

    Asked where a database is named: by `check --database default`, and before each `migrate`.
    """
    most = settings.DATABASE_CONNECTIONS
    return [
        Warning(
            f"The site's processes may take {most} connections to the database {alias!r},"
            f" which has {room}.",
            hint="Raise max_connections of PostgreSQL, or run fewer processes.",
            id="realtime.W002",
        )
        for alias in databases or []
        if connections[alias].vendor == "postgresql" and (room := _room(alias)) < most
    ]


def _room(alias: str) -> int:
    """How many connections PostgreSQL gives to those who are no superusers."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT sum(CASE name WHEN 'max_connections' THEN 1 ELSE -1 END * setting::int)"
            " FROM pg_settings WHERE name IN ('max_connections',"
            " 'superuser_reserved_connections', 'reserved_connections')"
        )
        [room] = cursor.fetchone()
    return int(room)
