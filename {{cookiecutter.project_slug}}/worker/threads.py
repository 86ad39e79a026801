"""A thread for each synchronous task."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import partial
from typing import Any

from django.db import connections

from realtime.background_loop import note_waiting_loop


class ThreadCall[T]:
    """Calls a function in a new thread, which closes its database connections. Awaited, its result.

    A daemon: unlike one of a pool or of `sync_to_async`, a thread that hangs then keeps neither a
    place nor the process from its end. How many run at once is the caller's business.
    """

    def __init__(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> None:
        self._call = partial(contextvars.copy_context().run, function, *args, **kwargs)
        self._loop = asyncio.get_running_loop()
        self._future: Future[T] = Future()
        self._future.set_running_or_notify_cancel()
        name = f"task {function.__qualname__}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.wrap_future(self._future).__await__()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        note_waiting_loop(self._loop)
        try:
            try:
                result = self._call()
            finally:
                connections.close_all()
        except BaseException as error:
            self._future.set_exception(error)
        else:
            self._future.set_result(result)


def make_room_in_pools(threads: int) -> None:
    """Let so many threads have a connection each besides those who share the pool so far.

    One that is taken from the pool stays with its thread until the task ends, so long tasks
    would leave none to the worker, which could not say any more that it lives.
    """
    for connection in connections.all():
        pool = getattr(connection, "pool", None)
        if pool is not None:
            pool.resize(pool.min_size, pool.max_size + threads)
