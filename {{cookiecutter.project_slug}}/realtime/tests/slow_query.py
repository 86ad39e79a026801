import asyncio
import threading

from asgiref.sync import sync_to_async
from django.db import connection


def run(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


class SlowQuery:
    """A query that lasts until it is told to end."""

    def __init__(self) -> None:
        self.told = threading.Event()
        self._begun = threading.Event()

    def query(self) -> None:
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            connection.connection.create_function("wait_until_told", 0, self._wait)
            run("SELECT wait_until_told()")
        else:
            self._begun.set()
            run("SELECT pg_advisory_lock(17)")  # which the other thread holds, until it unlocks
            run("SELECT pg_advisory_unlock(17)")

    def _wait(self) -> None:
        self._begun.set()
        self.told.wait()

    async def prepare(self) -> None:
        if connection.vendor == "postgresql":
            await sync_to_async(run)("SELECT pg_advisory_lock(17)")

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, 20)

    async def end(self) -> None:
        self.told.set()
        if connection.vendor == "postgresql":
            await sync_to_async(run)("SELECT pg_advisory_unlock(17)")
