"""Servers with a Redis of their own, for whoever wants to break something."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from accounts.models import User
from realtime.layers import PubSubLayer
from realtime.tests.redis import PrivateRedis
from realtime.types import Message
from tests.clients import LiveClient
from tests.live import LiveServer, serving
from tests.postgres import PrivatePostgres

from .work import TaskSite

type Join = Callable[..., Awaitable[LiveClient]]

TEST_APPLICATION = "tests.faults.asgi:application"


def said(number: int, padding: int = 0) -> Message:
    """What `Hearer` in `asgi.py` passes on to its client as JSON: the number, or more."""
    return {"type": "said", "text": json.dumps([number, "x" * padding] if padding else number)}


async def inside(server: LiveServer) -> dict[str, int]:
    """What lives in the process: see `inside` in `asgi.py`."""
    counts: dict[str, int] = await asyncio.to_thread(server.get, "/inside/")
    return counts


async def until_inside(server: LiveServer, seconds: float = 30, **most: int) -> None:
    """Wait until no more than this lives in the process."""
    counts: dict[str, int] = {}
    try:
        async with asyncio.timeout(seconds):
            while not counts or any(counts[name] > most[name] for name in most):
                await asyncio.sleep(0.1)
                counts = await inside(server)
    except TimeoutError:
        pytest.fail(f"After {seconds} s, there is more than {most}: {counts}")


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="package")
def redis(folder: Path) -> Iterator[PrivateRedis]:
    redis = PrivateRedis(folder)
    yield redis
    redis.kill()


@pytest.fixture
def layer(redis: PrivateRedis) -> PubSubLayer:
    """The channel layer, as another process has it."""
    return PubSubLayer(hosts=[redis.url])


@pytest.fixture(scope="package")
def site(django_db_setup: None, redis: PrivateRedis, folder: Path) -> Iterator[LiveServer]:
    """The site under Daphne, with the options of production."""
    with serving(folder / "site.log", "daphne", TEST_APPLICATION, REDIS_URL=redis.url) as site:
        yield site


@pytest.fixture(scope="package")
def postgres() -> Iterator[PrivatePostgres]:
    postgres = PrivatePostgres()
    yield postgres
    postgres.end()


@pytest.fixture(scope="package")
def site_on_postgres(
    redis: PrivateRedis, postgres: PrivatePostgres, folder: Path
) -> Iterator[LiveServer]:
    """The site with the consumers of `asgi.py`, on a PostgreSQL that may be paused."""
    env = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
    with serving(folder / "postgres.log", "daphne", TEST_APPLICATION, **env) as site:
        yield site


@pytest.fixture(scope="package")
def task_site(redis: PrivateRedis, postgres: PrivatePostgres, folder: Path) -> Iterator[TaskSite]:
    with TaskSite(postgres.new_database("tasks"), redis.url, folder).created() as site:
        yield site


@pytest.fixture
def work(task_site: TaskSite) -> TaskSite:
    """Where tasks can be enqueued and run, on PostgreSQL. Nothing waits there yet."""
    task_site.empty()
    return task_site


@pytest.fixture(scope="package", params=["daphne", "uvicorn"])
def server(
    request: pytest.FixtureRequest, django_db_setup: None, redis: PrivateRedis, folder: Path
) -> Iterator[LiveServer]:
    """The site with the consumers of `asgi.py`, under each server."""
    log = folder / f"{request.param}.log"
    with serving(log, request.param, TEST_APPLICATION, REDIS_URL=redis.url) as server:
        yield server


@pytest.fixture
async def join() -> AsyncIterator[Join]:
    """Open clients: `client = await join(site, "/ws/", alice)`."""
    async with AsyncExitStack() as stack:

        async def join(server: LiveServer, path: str, user: User | None = None) -> LiveClient:
            return await stack.enter_async_context(LiveClient(server, path, user))

        yield join
