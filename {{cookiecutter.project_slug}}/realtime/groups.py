"""Groups: safe names for anything, and publishing to them from anywhere."""

import asyncio
import re
from hashlib import blake2b

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from .types import Message

PUBLISH_SECONDS = 3  # then a Redis that hangs must not hold up the thread any longer


def group_name(kind: str, key: object) -> str:
    """The group of one thing, such as `group_name("chat", room.slug)`.

    Channels allows ASCII letters, digits, `-`, `_` and `.`, under 100 characters
    (https://channels.readthedocs.io/en/latest/topics/channel_layers.html#groups). The readable
    part is for people; the digest keeps apart what the readable part does not.
    """
    text = str(key)
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", text)[:32]
    return f"{kind}.{readable}.{blake2b(text.encode(), digest_size=16).hexdigest()}"


def publish(group: str, message: Message) -> None:
    """Send a message to a group, from synchronous code. Call it after the commit.

    Raises TimeoutError if the layer does not answer. `message["type"]` names the consumers'
    handler, as always in Channels.
    """
    layer = get_channel_layer()
    async_to_sync(asyncio.wait_for)(layer.group_send(group, message), PUBLISH_SECONDS)
