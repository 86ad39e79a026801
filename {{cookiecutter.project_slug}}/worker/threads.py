"""A thread for each synchronous task."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future

from django.db import connections

from realtime.background_loop import note_waiting_loop


async def in_thread[**P, T](function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a new thread, which closes its database connections.

    A daemon: unlike one of a pool or of `sync_to_async`, a thread that hangs then keeps neither a
    place nor the process from its end. How many run at once is the caller's business.
    """
    future: Future[T] = Future()
    context, loop = contextvars.copy_context(), asyncio.get_running_loop()

    def call() -> None:
        note_waiting_loop(loop)
        try:
            result = context.run(function, *args, **kwargs)
        except BaseException as error:
            connections.close_all()
            future.set_exception(error)
        else:
            connections.close_all()
            future.set_result(result)

    future.set_running_or_notify_cancel()
    threading.Thread(target=call, name=f"task {function.__qualname__}", daemon=True).start()
    return await asyncio.wrap_future(future)
