"""Row 18: however many ask, the site takes no more connections than its pool has, and no error."""

import asyncio
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients import LiveClient
from tests.live import LiveServer, serving
from tests.postgres import PrivatePostgres

from .chat import ask_for_statistics, bodies, joined, move_in, say
from .conftest import TEST_APPLICATION
from .work import PATIENCE, until

ROOM = "/ws/chat/general/"
CONNECTS, REQUESTS, AT_ONCE = 500, 200, 50
POOL = 12 + 16  # that of settings.py; and, as the worker is in the same process, for its tasks
OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"


class SiteOnPostgres:
    def __init__(self, server: LiveServer, database_url: str, cookies: list[str]) -> None:
        self.server = server
        self._database_url = database_url
        self._cookies = cookies

    def cookie(self, number: int) -> str:
        return self._cookies[number % len(self._cookies)]

    def ask(self, number: int) -> None:
        """One of many requests: most of them for a page, some for a task of the worker."""
        if number % 5 == 0:
            ask_for_statistics(self.server, self.cookie(number))
            return
        headers = {"Cookie": self.cookie(number)}
        request = urllib.request.Request(self.server.url("/rooms/general/"), headers=headers)
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    async def visit(self, number: int) -> None:
        async with LiveClient(self.server, ROOM, cookie=self.cookie(number)) as client:
            await joined(client)

    def query(self, sql: str) -> list[Any]:
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def connections(self) -> Counter[str]:
        """Those of the site, by what they do."""
        return Counter(
            state
            for (state,) in self.query(
                f"SELECT state FROM pg_stat_activity WHERE {OTHERS}"
                " AND backend_type = 'client backend' AND application_name <> 'test'"
            )
        )

    def waiting_tasks(self) -> int:
        table = "django_tasks_database_dbtaskresult"
        sql = f"SELECT count(*) FROM {table} WHERE status <> 'SUCCESSFUL'"
        [[count]] = self.query(sql)
        return int(count)


@pytest.fixture
def busy_site(postgres: PrivatePostgres, tmp_path: Path) -> Iterator[SiteOnPostgres]:
    """The site with its worker inside it. DEBUG is on, as no static files were collected."""
    url = postgres.new_database("connections")
    cookies = move_in(url)
    log = tmp_path / "site.log"
    with serving(log, "daphne", TEST_APPLICATION, DATABASE_URL=url, DEBUG="on") as server:
        yield SiteOnPostgres(server, f"{url}?application_name=test", cookies)


async def crowd(site: SiteOnPostgres) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            await site.visit(number)

    await asyncio.gather(*(one(number) for number in range(CONNECTS)))


def rush(site: SiteOnPostgres) -> int:
    """All the requests at once. Returns how many connections there were at most."""
    most = 0
    with ThreadPoolExecutor(REQUESTS) as threads:
        asked = [threads.submit(site.ask, number) for number in range(REQUESTS)]
        while wait(asked, timeout=0.1).not_done:
            most = max(most, site.connections().total())
        for future in asked:
            future.result()
    return most


async def test_after_a_crowd_all_connections_are_back_in_the_pool_and_none_that_is_lost_is_missed(
    busy_site: SiteOnPostgres,
) -> None:
    site = busy_site
    async with LiveClient(site.server, ROOM, cookie=site.cookie(0)) as client:
        await joined(client)
        await crowd(site)
        assert await asyncio.to_thread(rush, site) <= POOL
        await asyncio.to_thread(until, lambda: not site.waiting_tasks())
        await asyncio.to_thread(until, lambda: set(site.connections()) == {"idle"})
        assert site.connections().total() <= POOL

        site.query(f"SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE {OTHERS}")
        await say(client, "still here")
        await client.until(lambda heard: bodies(heard) == ["still here"])
        for number in range(2 * POOL):
            await asyncio.to_thread(site.ask, number)
        await asyncio.to_thread(until, lambda: not site.waiting_tasks())
        await asyncio.to_thread(until, lambda: set(site.connections()) == {"idle"})
        assert site.connections().total() <= POOL
