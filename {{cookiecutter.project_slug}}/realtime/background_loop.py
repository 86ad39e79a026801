"""Awaiting from synchronous code, without a new event loop for each call.

A loop of its own for each call, as `async_to_sync` makes where none runs, would connect to
Redis each time.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine

from asgiref.sync import SyncToAsync

type Loop = asyncio.AbstractEventLoop


def run_from_sync[**P, T](
    function: Callable[P, Coroutine[object, object, T]],
    seconds: float,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run an async function to its end. Raises TimeoutError after so many seconds.

    It runs on the loop that waits for this thread, as it does for one of `sync_to_async`: a
    layer in memory must be fed where it is read. Elsewhere it runs on the one background loop
    of the process.
    """
    if _is_loop_thread():
        raise RuntimeError("An event loop runs in this thread, so await the async function.")
    loop = _waiting_loop() or _background.loop()
    future = asyncio.run_coroutine_threadsafe(function(*args, **kwargs), loop)
    try:
        return future.result(seconds)
    finally:
        future.cancel()  # which does nothing to one that is done


def is_called_by_thread() -> bool:
    """Whether this runs for `async_to_sync`, so that a thread waits until it ends.

    asgiref does not say so; its task has the name that the tests of this site hold it to.
    """
    task = asyncio.current_task()
    coroutine = task and task.get_coro()
    return getattr(coroutine, "__qualname__", "") == "AsyncToSync.main_wrap"


def _is_loop_thread() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def note_waiting_loop(loop: Loop) -> None:
    """Tell `run_from_sync` and `async_to_sync` in this thread which loop waits for it."""
    SyncToAsync.threadlocal.main_event_loop = loop
    SyncToAsync.threadlocal.main_event_loop_pid = os.getpid()


def _waiting_loop() -> Loop | None:
    """The loop for which asgiref runs this thread. It leaves that noted after the loop's end."""
    noted = SyncToAsync.threadlocal
    if getattr(noted, "main_event_loop_pid", None) != os.getpid():
        return None
    loop: Loop = noted.main_event_loop
    return loop if loop.is_running() else None


class _BackgroundLoop:
    """An event loop in a thread that starts at the first call and never ends."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: Loop | None = None
        self._inherited: Loop | None = None  # kept, or it would close what is the parent's

    def loop(self) -> Loop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="background loop", daemon=True
                ).start()
            return self._loop

    def forget(self) -> None:
        """Start anew in a process that was forked, where the thread is missing."""
        self._inherited, self._loop = self._loop, None
        self._starting = threading.Lock()


_background = _BackgroundLoop()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_background.forget)
