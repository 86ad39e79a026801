"""One handler at a time, whether the client or a group has called it."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable

from .types import Message

BATCH = 64  # messages, after which the next turn is not waited for


class TooSlowError(Exception):
    """More messages wait for their turn than may."""


class Turns:
    """Dispatches messages one after the other, each kind in its own order.

    What fails for a message that was put, and so has no caller any more, goes to `on_failure`.
    """

    def __init__(
        self,
        dispatch: Callable[[Message], Awaitable[None]],
        on_failure: Callable[[Exception], None],
        longest_queue: int,
    ) -> None:
        self._dispatch = dispatch
        self._on_failure = on_failure
        self._longest_queue = longest_queue
        self._context = contextvars.copy_context()
        self._queue: list[Message] = []  # a deque takes ten times the memory
        self._busy = False
        self._scheduled = False
        self._caller: asyncio.Future[None] | None = None  # who waits for the handler that runs
        self._task: asyncio.Task[None] | None = None

    async def take(self, message: Message) -> None:
        """Dispatch when the handler that runs has ended. For one caller at a time."""
        while self._busy:
            self._caller = asyncio.get_running_loop().create_future()
            await self._caller
            self._caller = None
        self._busy = True
        try:
            await self._dispatch(message)
        except BaseException:
            self._queue.clear()  # since the connection ends
            raise
        finally:
            self._busy = False
            self._work()

    def put(self, message: Message) -> None:
        """Dispatch soon, together with what else comes in this turn of the event loop.

        Raises TooSlowError where too much waits.
        """
        if len(self._queue) >= self._longest_queue:
            raise TooSlowError
        self._queue.append(message)
        if len(self._queue) % BATCH == 0:
            self._work()
        elif not self._scheduled and not self._busy:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._work)

    async def end(self) -> None:
        """Drop what waits, and cancel the handler that runs for it."""
        self.cancel()
        if self._task is not None:
            await asyncio.wait([self._task])

    def cancel(self) -> None:
        self._queue.clear()
        if self._task is not None:
            self._task.cancel()

    def _work(self) -> None:
        self._scheduled = False
        if self._busy or self._caller is not None or not self._queue:
            return
        self._busy = True
        # Eager: where neither the handler nor the server waits, this is a plain call.
        self._task = asyncio.Task(
            self._dispatch_queue(),
            loop=asyncio.get_running_loop(),
            context=self._context,
            eager_start=True,
        )

    async def _dispatch_queue(self) -> None:
        try:
            while self._queue and self._caller is None:
                await self._dispatch(self._queue.pop(0))
        except Exception as error:
            self._on_failure(error)
        finally:
            self._busy = False
            if self._caller is not None and not self._caller.done():
                self._caller.set_result(None)
