"""What the tests of the layers share."""

import asyncio
from collections.abc import Callable

from realtime.layers import InMemoryLayer, PubSubLayer
from realtime.types import Message

type AnyLayer = PubSubLayer | InMemoryLayer


def listened_to(layer: AnyLayer) -> list[str]:
    """The groups that somebody listens to."""
    if isinstance(layer, PubSubLayer):
        return list(layer._get_layer()._listeners._groups)
    return [group for listeners in layer._listeners.values() for group in listeners._groups]


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def said(number: int) -> Message:
    return {"type": "said", "number": number}
