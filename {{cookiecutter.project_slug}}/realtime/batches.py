"""Work on many things at once: what comes while a batch is under way goes with the next one."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakKeyDictionary


class Batches[Item, Result]:
    """Calls `work` with what waits, one call at a time, and hands each item its own result.

    Nothing is held back: what comes alone goes alone, at once. Each event loop has its own
    batches.
    """

    def __init__(
        self, work: Callable[[list[Item]], Awaitable[Sequence[Result]]], largest: int
    ) -> None:
        self._work = work
        self._largest = largest
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[Item, Result]]
        self._queues = WeakKeyDictionary()

    async def result_of(self, item: Item) -> Result:
        """Raises what `work` raises for the batch with this item."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue(self._work, self._largest)
        return await queue.result_of(item)


class _Queue[Item, Result]:
    """What waits in one event loop."""

    def __init__(
        self, work: Callable[[list[Item]], Awaitable[Sequence[Result]]], largest: int
    ) -> None:
        self._work = work
        self._largest = largest
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    async def result_of(self, item: Item) -> Result:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, result))
        if self._task is None:
            # A context of its own, since it works for many callers, not only for this one.
            self._task = loop.create_task(self._run(), context=contextvars.Context())
        return await result

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[: self._largest]
                del self._waiting[: self._largest]
                await self._settle([(item, result) for item, result in batch if not result.done()])
        finally:
            self._task = None

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            values = await self._work([item for item, _ in batch])
        except Exception as error:
            for _, result in batch:
                if not result.done():  # as it is where the caller was cancelled meanwhile
                    result.set_exception(error)
        else:
            for (_, result), value in zip(batch, values, strict=True):
                if not result.done():
                    result.set_result(value)
