"""Rows 2, 4 and 25: two web processes share the rooms, whatever is killed meanwhile.

One PostgreSQL, one Redis, a Daphne and a uvicorn. In each room people sit at both of them, on
both kinds of sockets, and all write at the same time.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from realtime.tests.redis import PrivateRedis
from tests.live import Kind, LiveServer, serving
from tests.postgres import PrivatePostgres

from .chat import move_in
from .talkers import Talker

ROOMS = ["one", "two", "three"]
AT_A_TABLE = 4  # people in the same room, at the same process
EACH = 12  # messages of one of them
PATIENCE = 120.0  # seconds, on a busy machine


class House:
    """A database with rooms and people, and the processes that serve it."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        self.cookies = move_in(database_url, *ROOMS)
        self._env = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        self._folder = folder

    @contextmanager
    def served(self, kind: Kind) -> Iterator[LiveServer]:
        with serving(
            self._folder / f"{uuid4().hex}.log",
            kind,
            "h1_debug:application",
            PYTHONPATH="/tmp",
            **self._env,
        ) as server:
            yield server


@pytest.fixture
def house(postgres: PrivatePostgres, redis: PrivateRedis, tmp_path: Path) -> House:
    return House(postgres.new_database(f"house_{uuid4().hex}"), redis.url, tmp_path)


@pytest.fixture
def daphne(house: House) -> Iterator[LiveServer]:
    with house.served("daphne") as server:
        yield server


@pytest.fixture
def uvicorn(house: House) -> Iterator[LiveServer]:
    with house.served("uvicorn") as server:
        yield server


class Talk:
    """What is said in all rooms together, by those at each process."""

    def __init__(self, cookies: Sequence[str]) -> None:
        self.tables = [
            [
                Talker(room, cookies[number], multiplexed=number % 2 == 0)
                for room in ROOMS
                for number in range(AT_A_TABLE)
            ]
            for _ in range(2)
        ]
        self.everybody = [talker for table in self.tables for talker in table]

    async def begin(self, *servers: LiveServer) -> None:
        for server, talkers in zip(servers, self.tables, strict=True):
            await enter(server, talkers)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for number, talker in enumerate(self.everybody):
                group.create_task(_say_all(number, talker))
            yield

    async def has_come_to(self, part: float) -> None:
        """Wait until so much of all that is to be said was acknowledged."""
        wanted = part * len(self.everybody) * EACH
        while sum(len(talker.acknowledged) for talker in self.everybody) < wanted:
            await asyncio.sleep(0.02)

    async def was_heard(self) -> None:
        """By everybody in the room: each message once, and in order."""
        for talker in self.everybody:
            await talker.has_heard(2 * AT_A_TABLE * EACH)


async def enter(server: LiveServer, talkers: Sequence[Talker]) -> None:
    await asyncio.gather(*(talker.enter(server) for talker in talkers))


async def _say_all(number: int, talker: Talker) -> None:
    for count in range(EACH):
        await talker.say(f"{number}: {count}")


@pytest.fixture
async def talk(house: House) -> AsyncIterator[Talk]:
    talk = Talk(house.cookies)
    yield talk
    for talker in talk.everybody:
        await talker.leave()


@asynccontextmanager
async def killed(redis: PrivateRedis) -> AsyncIterator[None]:
    redis.kill()
    try:
        yield
    finally:
        await asyncio.to_thread(redis.start)


@pytest.mark.parametrize("n", range(5))
async def test_what_is_acknowledged_is_heard_once_and_in_order_though_redis_is_killed_twice(
    daphne: LiveServer, uvicorn: LiveServer, redis: PrivateRedis, talk: Talk, n: int
) -> None:
    await talk.begin(daphne, uvicorn)
    async with talk.going_on():
        for killed_at, started_at in [(0.1, 0.3), (0.5, 0.7)]:
            await talk.has_come_to(killed_at)
            async with killed(redis):
                await talk.has_come_to(started_at)
    await talk.was_heard()
    assert all(talker.entered == 1 for talker in talk.everybody)


async def test_what_is_acknowledged_is_heard_once_and_in_order_though_a_process_is_killed(
    daphne: LiveServer, uvicorn: LiveServer, house: House, talk: Talk
) -> None:
    await talk.begin(daphne, uvicorn)
    with ExitStack() as stack:
        async with talk.going_on():
            await talk.has_come_to(0.3)
            daphne.end(signal.SIGKILL)
            again = await asyncio.to_thread(stack.enter_context, house.served("daphne"))
            await enter(again, talk.tables[0])
        await talk.was_heard()
