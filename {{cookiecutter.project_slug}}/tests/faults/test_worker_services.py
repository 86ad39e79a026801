"""Redis or PostgreSQL go and come back: tasks are enqueued and run, and the log says it once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django_tasks_db.models import DBTaskResult
from redis import Redis

from accounts.models import User
from chat.models import Room
from realtime.tests.redis import PrivateRedis
from tests.live import LiveProcess, LiveServer, cookie_of, paused, working
from tests.postgres import PrivatePostgres

from .chat import ask_for_statistics
from .work import PATIENCE, TaskSite, until

POSTS = 20


@contextmanager
def killed(redis: PrivateRedis) -> Iterator[None]:
    redis.kill()
    try:
        yield
    finally:
        redis.start()


def hanging(redis: PrivateRedis) -> AbstractContextManager[None]:
    return paused(redis.process.pid)


@pytest.fixture(scope="module")
def worker(site: LiveServer, redis: PrivateRedis, folder: Path) -> Iterator[LiveProcess]:
    with working(folder / "worker-of-site.log", REDIS_URL=redis.url) as worker:
        yield worker


async def until_all_are_done() -> None:
    async with asyncio.timeout(PATIENCE):
        while await DBTaskResult.objects.exclude(status="SUCCESSFUL").aexists():
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("kind", [killed, hanging])
async def test_without_redis_tasks_are_enqueued_and_run(
    site: LiveServer,
    worker: LiveProcess,
    redis: PrivateRedis,
    alice: User,
    room: Room,
    kind: Callable[[PrivateRedis], AbstractContextManager[None]],
) -> None:
    said_before = len(site.log), len(worker.log)
    cookie = await sync_to_async(cookie_of)(alice)

    async def enqueue() -> None:
        await asyncio.to_thread(ask_for_statistics, site, cookie)

    with kind(redis):
        async with asyncio.timeout(POSTS):  # so that not each of them waits for Redis
            for _ in range(POSTS):
                await enqueue()
        await until_all_are_done()
    while "The layer queue works again." not in site.log[said_before[0] :]:
        await enqueue()
    with Redis.from_url(redis.url) as queue:
        async with asyncio.timeout(30):  # in which the worker hears of them again
            while queue.keys("queue*tasks*"):
                await asyncio.sleep(0.1)
    await until_all_are_done()
    assert worker.process.poll() is site.process.poll() is None
    of_site, of_worker = site.log[said_before[0] :], worker.log[said_before[1] :]
    assert of_site.count("Nobody can be told of tasks") == 2  # once for each layer
    assert of_worker.count("cannot be heard") == (3 if kind is killed else 0)  # for each channel


def test_a_worker_goes_on_when_postgresql_has_crashed(
    work: TaskSite, postgres: PrivatePostgres
) -> None:
    work.run("for number in range(60): tasks.work.enqueue(number, seconds=0.3)")
    with work.worker() as worker:
        until(lambda: work.statuses()["SUCCESSFUL"] > 10)
        postgres.crash()
        until(lambda: "The database is away" in worker.log)
        postgres.start()
        work.until_done(60)
        assert worker.end() == 0
    assert set(work.traces("ended")) == set(range(60))
    assert work.balance() == 60
    assert worker.log.count("The database is away") == worker.log.count("is back") == 1
    assert "psycopg.pool" not in worker.log
