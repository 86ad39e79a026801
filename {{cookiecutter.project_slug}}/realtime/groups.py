"""Channels and groups of the channel layers, as objects: to send to them from anywhere.

Each method has an async twin, as in Django: `send` and `asend`. Both raise TimeoutError
if the layer does not answer, and what else it raises.
"""

import asyncio
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.exceptions import InvalidChannelLayerError
from channels.layers import BaseChannelLayer, get_channel_layer

from .background_loop import run_from_sync
from .types import Message

PUBLISH_SECONDS = 3  # then a Redis that hangs must not hold up the caller any longer


def group_name(kind: str, key: object) -> str:
    """The name of one thing's group, such as `group_name("chat", room.slug)`.

    Channels allows ASCII letters, digits, `-`, `_` and `.`, under 100 characters
    (https://channels.readthedocs.io/en/latest/topics/channel_layers.html#groups). The readable
    part is for people; the digest keeps apart what the readable part does not.
    """
    text = str(key)
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", text)[:32]
    return f"{kind}.{readable}.{blake2b(text.encode(), digest_size=16).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Channel:
    """What one reader takes messages from, such as `Channel("tasks", alias="queue")`."""

    name: str
    alias: str = DEFAULT_CHANNEL_LAYER

    def __post_init__(self) -> None:
        _check_name("channel", self.name, BaseChannelLayer.channel_name_regex)

    def send(self, message: Message) -> None:
        """`message["type"]` names the reader's handler."""
        run_from_sync(self.asend, PUBLISH_SECONDS, message)

    async def asend(self, message: Message) -> None:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await _layer(self.alias).send(self.name, _checked(message))


@dataclass(frozen=True, slots=True)
class Group:
    """All who joined under a name. After a write, send to it once that is committed."""

    name: str
    alias: str = DEFAULT_CHANNEL_LAYER

    def __post_init__(self) -> None:
        _check_name("group", self.name, BaseChannelLayer.group_name_regex)

    def send(self, message: Message) -> None:
        """`message["type"]` names the handler of the consumers that hear it."""
        run_from_sync(self.asend, PUBLISH_SECONDS, message)

    async def asend(self, message: Message) -> None:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await _layer(self.alias).group_send(self.name, _checked(message))

    async def apost(self, message: Message) -> None:
        """Send what may be lost, without waiting for Redis while that is well.

        The order is kept. See `group_post` of realtime/layers.py, which has a timeout of its own;
        on layers that have none, this is `asend`.
        """
        post = getattr(_layer(self.alias), "group_post", None)
        if post is None:
            await self.asend(message)
        else:
            await post(self.name, _checked(message))

    def add(self, channel: Channel | str) -> None:
        """For channels, such as `self.channel_name` of a generic consumer of Channels.

        The consumers of this site have none, and join by `listen()`.
        """
        run_from_sync(self.aadd, PUBLISH_SECONDS, channel)

    async def aadd(self, channel: Channel | str) -> None:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await _layer(self.alias).group_add(self.name, self._name_of(channel))

    def discard(self, channel: Channel | str) -> None:
        run_from_sync(self.adiscard, PUBLISH_SECONDS, channel)

    async def adiscard(self, channel: Channel | str) -> None:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await _layer(self.alias).group_discard(self.name, self._name_of(channel))

    def _name_of(self, channel: Channel | str) -> str:
        if isinstance(channel, str):
            channel = Channel(channel, self.alias)
        if channel.alias != self.alias:
            raise ValueError(f"{channel} is on another layer than {self}.")
        return channel.name


def _check_name(kind: str, name: str, allowed: re.Pattern[str]) -> None:
    limit = BaseChannelLayer.MAX_NAME_LENGTH
    # A full match: the patterns of Channels let a line break pass at the end.
    if not isinstance(name, str) or len(name) >= limit or not allowed.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name of a {kind}: it needs ASCII letters, digits, '-', '_' and '.',"
            f" under {limit} characters. group_name() makes one of anything."
        )


def _checked(message: Message) -> Message:
    if not isinstance(message.get("type"), str):  # which would end Channels' worker
        raise ValueError(f"A message needs a `type`: {message!r}.")
    return message


def _layer(alias: str) -> Any:
    layer = get_channel_layer(alias)
    if layer is None:
        raise InvalidChannelLayerError(f"CHANNEL_LAYERS has no layer {alias!r}.")
    return layer
