"""GET /metrics: what is told is what happened, and only those who may hear it are told."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.models import Room
from realtime.tests.redis import PrivateRedis
from worker.tests import tasks

from .clients import PATIENCE, LiveClient
from .live import LiveServer, serving
from .scraping import AUTHORIZATION, TOKEN, Figures, scrape


async def until(site: LiveServer, is_so: Callable[[Figures], bool]) -> Figures:
    async with asyncio.timeout(PATIENCE):
        while not is_so(figures := await asyncio.to_thread(scrape, site)):
            await asyncio.sleep(0.1)
    return figures


@pytest.fixture(params=["daphne", "uvicorn"])
def site(
    request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path
) -> Iterator[LiveServer]:
    with serving(tmp_path / "site.log", request.param, METRICS_TOKEN=TOKEN) as site:
        yield site


async def test_sockets_streams_and_frames_are_counted(
    site: LiveServer, alice: User, bob: User, room: Room
) -> None:
    async with (
        LiveClient(site, "/ws/", alice) as of_alice,
        LiveClient(site, "/ws/chat/general/", bob) as of_bob,
    ):
        await of_alice.open("chat/general", "tasks")
        for body in ("one", "two"):
            command = {"type": "message.send", "client_id": str(uuid.uuid4()), "body": body}
            await of_alice.send({"stream": "chat/general", "payload": command})
        for client in (of_alice, of_bob):
            await client.until(lambda heard: heard[-1].get("body") == "two")
        figures = scrape(site)
        assert figures.get("realtime_sockets") == 2
        assert figures.get("realtime_streams") == 3
        assert figures.get("realtime_frames_received_total") == 4
        heard = len(of_alice.heard) + len(of_bob.heard)
        assert figures.get("realtime_frames_sent_total") == heard
    figures = await until(site, lambda figures: figures.get("realtime_sockets") == 0)
    assert figures.get("realtime_streams") == 0
    assert figures.get("realtime_closes_total", code="1000") == 2


async def test_refusals_and_closes_are_counted_by_their_code(site: LiveServer, alice: User) -> None:
    async with LiveClient(site, "/ws/", alice) as client:
        await client.send({"stream": "nowhere", "event": "open"})
        await client.send({"stream": "tasks", "payload": "x" * 100_000})
        await client.hears_so_many(2)
    async with LiveClient(site, "/ws/nowhere/", alice) as client, asyncio.timeout(PATIENCE):
        while client.closed is None:
            await asyncio.sleep(0.01)
    figures = await until(site, lambda figures: figures.get("realtime_sockets") == 0)
    assert figures.get("realtime_refusals_total", code="unknown_stream") == 1
    assert figures.get("realtime_refusals_total", code="too_large") == 1
    assert figures.get("realtime_refusals_total", code="rate_limited") == 0
    assert figures.get("realtime_closes_total", code="4404") == 1


async def test_the_workers_figures_are_the_databases(site: LiveServer) -> None:
    await until(site, lambda figures: figures.get("worker_processes") == 1)  # the embedded one
    await sync_to_async(tasks.fail.enqueue)()
    tomorrow = timezone.now() + timedelta(days=1)
    await sync_to_async(tasks.add.using(run_after=tomorrow).enqueue)(1, 1)
    queue = {"queue": "default"}
    await until(site, lambda figures: figures.get("worker_failed_tasks", **queue) == 1)
    figures = scrape(site)
    assert figures.get("worker_tasks", **queue, state="later") == 1
    assert figures.get("worker_tasks", **queue, state="waiting") == 0
    assert figures.get("worker_tasks", **queue, state="running") == 0
    assert figures.get("worker_oldest_waiting_seconds", **queue) == 0


async def test_the_fan_out_is_measured(
    transactional_db: None, tmp_path: Path, redis: PrivateRedis
) -> None:
    log, count = tmp_path / "site.log", "realtime_fan_out_seconds_count"
    with serving(log, METRICS_TOKEN=TOKEN, REDIS_URL=redis.url) as site:
        figures = await until(site, lambda figures: bool(figures.get(count)))
        assert figures.get("realtime_fan_out_seconds_bucket", le="2.5") == figures.get(count)
        assert figures.get("realtime_fan_out_seconds_sum")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    redis = PrivateRedis(tmp_path)
    yield redis
    redis.kill()


@pytest.mark.parametrize(
    ("token", "debug", "headers", "status"),
    [
        (TOKEN, False, AUTHORIZATION, 200),
        (TOKEN, True, {}, 401),
        (TOKEN, False, {"Authorization": f"Bearer {TOKEN}x"}, 401),
        (TOKEN, False, {"Authorization": TOKEN}, 401),
        ("", True, {}, 200),
        ("", False, {}, 404),
        ("", False, {"Authorization": "Bearer "}, 404),
    ],
)
async def test_only_who_has_the_token_is_told(
    settings: Settings, token: str, debug: bool, headers: dict[str, str], status: int
) -> None:
    from config.asgi import application  # not before the test settings are in force

    settings.METRICS_TOKEN, settings.DEBUG = token, debug
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    client = HttpCommunicator(application, "GET", "/metrics", headers=encoded)
    response = await client.get_response(timeout=PATIENCE)
    assert response["status"] == status
    assert (b"realtime_sockets" in response["body"]) is (status == 200)
