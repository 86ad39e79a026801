"""How long a message takes from who publishes it to who hears it, through the channel layer."""

import asyncio
import contextvars
import uuid
from collections.abc import Callable

from channels.layers import get_channel_layer

from .groups import Group
from .types import Message

PAUSE_SECONDS = 5.0
PATIENCE_SECONDS = 5.0
IDLE_SECONDS = 300.0


class FanOutProbe:
    """Sends a message to this process itself now and then, and reports its seconds.

    So the delays of Redis and of the event loop are in them, and no other message has to carry
    the time. A probe that starts late, since the loop was busy, counts from when it was due.
    One that is lost counts as PATIENCE_SECONDS.
    """

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report = report
        self._until = 0.0
        self._number = 0
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def keep_going(self) -> None:
        """Probe on this event loop, until nobody has called this for IDLE_SECONDS."""
        loop = asyncio.get_running_loop()
        self._until = loop.time() + IDLE_SECONDS
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            # A context of its own, since it outlives the caller.
            self._task = loop.create_task(self._run(), context=contextvars.Context())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        group = Group(f"probe.{uuid.uuid4().hex}")
        stop = await get_channel_layer().listen(group.name, self._hear)
        try:
            due = loop.time()
            while due < self._until:
                arrived = await self._probe(group)
                self._report(loop.time() - due if arrived else PATIENCE_SECONDS)
                due = max(due + PAUSE_SECONDS, loop.time())
                await asyncio.sleep(due - loop.time())
        finally:
            stop()

    async def _probe(self, group: Group) -> bool:
        self._number += 1
        self._arrived = asyncio.Event()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await group.asend({"type": "probe", "number": self._number})
                await self._arrived.wait()
        except Exception:  # which the layer has logged, once
            return False
        return True

    def _hear(self, message: Message) -> None:
        if message["number"] == self._number:  # else it comes after it was given up
            self._arrived.set()
