"""Whoever watches the site hears of it while its services hang."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.tests.redis import PrivateRedis
from tests.live import SITE, LiveServer, environment, paused, serving
from tests.postgres import PrivatePostgres
from tests.scraping import TOKEN, scrape


@pytest.fixture
def watched_site(
    redis: PrivateRedis, postgres: PrivatePostgres, folder: Path
) -> Iterator[LiveServer]:
    database = postgres.new_database("watched")
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=SITE, env=environment(DATABASE_URL=database), check=True)
    env = {"DATABASE_URL": database, "REDIS_URL": redis.url, "METRICS_TOKEN": TOKEN}
    with serving(folder / "watched.log", "daphne", **env) as site:
        yield site


async def test_a_scrape_is_answered_while_postgresql_and_redis_hang(
    watched_site: LiveServer, postgres: PrivatePostgres, redis: PrivateRedis
) -> None:
    assert scrape(watched_site).get("worker_database_up") == 1
    with postgres.paused(), paused(redis.process.pid):
        figures = await asyncio.to_thread(scrape, watched_site)
        assert figures.get("worker_database_up") == 0
        assert figures.get("worker_processes") is None
        assert figures.get("realtime_sockets") == 0
    assert scrape(watched_site).get("worker_database_up") == 1
