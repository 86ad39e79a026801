"""What `on_database_thread` promises, on SQLite and PostgreSQL alike."""

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from realtime.consumer import SocketConsumer
from realtime.database import THREADS, on_database_thread
from realtime.testing import PatientCommunicator

from .slow_query import SlowQuery, run


@pytest.fixture
def slow(transactional_db: None) -> Iterator[SlowQuery]:
    slow = SlowQuery()
    yield slow
    slow.told.set()


class Counting(SocketConsumer):
    """Answers each frame with the number of users; `slow` first runs its slow query."""

    slow: SlowQuery

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data == "slow":
            await on_database_thread(self.slow.query)
        count = await on_database_thread(get_user_model().objects.count)
        await self.send(text_data=f"{text_data}: {count}")


async def test_a_slow_query_of_one_socket_holds_up_no_other(slow: SlowQuery) -> None:
    await slow.prepare()
    Counting.slow = slow
    slow_socket, *others = [PatientCommunicator(Counting.as_asgi(), "/") for _ in range(11)]
    for socket in (slow_socket, *others):
        await socket.connect()
    await slow_socket.send_to("slow")
    await slow.begun()
    for socket in others:
        await socket.send_to("echo")
    assert [await socket.receive_from() for socket in others] == ["echo: 0"] * 10
    assert slow_socket.output_queue.empty()
    await slow.end()
    assert await slow_socket.receive_from() == "slow: 0"
    for socket in (slow_socket, *others):
        await socket.disconnect()


async def test_who_is_cancelled_waits_for_no_query(slow: SlowQuery) -> None:
    await slow.prepare()
    call = asyncio.create_task(on_database_thread(slow.query))
    await slow.begun()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not slow.told.is_set()
    await slow.end()


async def test_a_call_that_is_cancelled_before_its_turn_is_never_made(
    transactional_db: None,
) -> None:
    all_busy = threading.Barrier(THREADS + 1)
    go = threading.Event()

    def hold() -> None:
        all_busy.wait(20)
        go.wait(20)

    holding = [asyncio.create_task(on_database_thread(hold)) for _ in range(THREADS)]
    await asyncio.to_thread(all_busy.wait, 20)
    calls: list[str] = []
    late = asyncio.create_task(on_database_thread(calls.append, "late"))
    await asyncio.sleep(0)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    go.set()
    await asyncio.gather(*holding)
    await on_database_thread(calls.append, "next")
    assert calls == ["next"]


def test_one_event_loop_after_the_other_can_use_it(transactional_db: None) -> None:
    count = get_user_model().objects.count
    assert [asyncio.run(on_database_thread(count)) for _ in range(3)] == [0, 0, 0]


async def test_context_variables_go_there_and_back(transactional_db: None) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("there")

    def change() -> str:
        found = variable.get()
        variable.set("back")
        return found

    assert await on_database_thread(change) == "there"
    assert variable.get() == "back"


async def test_a_transaction_that_is_left_open_ends_with_the_call(transactional_db: None) -> None:
    def leave_open() -> None:
        transaction.set_autocommit(False)
        get_user_model().objects.create(username="nobody")

    await on_database_thread(leave_open)
    assert await on_database_thread(get_user_model().objects.count) == 0
    await on_database_thread(get_user_model().objects.create, username="somebody")
    assert await sync_to_async(get_user_model().objects.count)() == 1


async def test_connections_are_kept_from_call_to_call(transactional_db: None) -> None:
    def connection_here() -> object:
        connection.ensure_connection()
        return connection.connection

    found = [await on_database_thread(connection_here) for _ in range(40)]
    # The first calls find those that another test has cut. Then there are no more than in a pool.
    assert len({id(raw) for raw in found[20:]}) <= 8


async def test_after_the_server_ended_all_connections_the_next_call_works(
    transactional_db: None,
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL: only a server can end connections")
    count = get_user_model().objects.count
    await asyncio.gather(*(on_database_thread(count) for _ in range(20)))
    await sync_to_async(run)(
        "SELECT count(pg_terminate_backend(pid, 20000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert await asyncio.gather(*(on_database_thread(count) for _ in range(20))) == [0] * 20


FORK = """
import asyncio, os, django
django.setup()
from django.db import connections
from realtime.database import close_connections, on_database_thread

def query():
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]

assert asyncio.run(on_database_thread(query)) == 1
close_connections()
if (child := os.fork()) == 0:
    os._exit(0 if asyncio.run(on_database_thread(query)) == 1 else 1)
assert os.waitpid(child, 0)[1] == 0
print("The child was answered.")
"""


def test_a_forked_process_has_threads_of_its_own(site_folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK],
        cwd=site_folder,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path}/x",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "The child was answered.\n", done.stderr
