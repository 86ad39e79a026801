"""What the tests of the layers share."""

import asyncio
from collections.abc import Callable

from realtime.types import Message


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def said(number: int) -> Message:
    return {"type": "said", "number": number}
