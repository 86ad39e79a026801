"""What Django's system check says about the channel layers."""

from collections.abc import Sequence
from typing import Any

from channels_redis.core import RedisChannelLayer
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
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
