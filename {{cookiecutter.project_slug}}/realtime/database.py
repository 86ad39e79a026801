"""Database work from async code, on a few threads of its own.

Channels' `database_sync_to_async` and Django's async ORM share one thread: there, a slow query
of one socket holds up the queries of all.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections, connections

UNREACHABLE = (OperationalError, InterfaceError)  # what is raised where the database is away
THREADS = 4
KEEP_SECONDS = 60  # a connection; on SQLite, that is how long a replaced file goes unnoticed


async def on_database_thread[**P, T](
    function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call a synchronous function that uses the database, while other sockets use it too.

    If the caller is cancelled, a call that waits for a thread is dropped; one that has begun
    goes on, but nobody waits for it. The function must not wait for another call of this kind.
    """
    call = sync_to_async(_call, thread_sensitive=False, executor=_threads)
    return await call(function, *args, **kwargs)


def close_connections() -> None:
    """Close the connections of all the threads, in tests: with them, no database can be dropped."""
    all_here = threading.Barrier(THREADS)  # so that each thread gets one of these calls

    def close() -> None:
        all_here.wait(timeout=10)
        connections.close_all()

    for closed in [_threads.submit(close) for _ in range(THREADS)]:
        closed.result()


def _call[**P, T](function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()


def _keep_connections() -> None:
    """Let this thread keep its connections, where the settings leave them neither kept nor pooled.

    Django's reason to close them, that threads come and go (ticket 33497), does not hold here.
    """
    for connection in connections.all():
        settings = connection.settings_dict
        if settings["CONN_MAX_AGE"] == 0 and not settings["OPTIONS"].get("pool"):
            connection.settings_dict = {**settings, "CONN_MAX_AGE": KEEP_SECONDS}


def _start() -> None:
    global _threads
    _threads = ThreadPoolExecutor(THREADS, "database", initializer=_keep_connections)


_threads: ThreadPoolExecutor
_start()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start)  # which has none of its parent's threads
