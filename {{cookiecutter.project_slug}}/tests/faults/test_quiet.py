"""Row 1: who has nothing to do for longer than Redis' clients are used to waiting lives on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from accounts.models import User
from chat.models import Room
from realtime.tests.redis import PrivateRedis
from tests.live import LiveProcess, LiveServer, working

from .chat import ask_for_statistics, bodies, message_send
from .conftest import Join

QUIET_SECONDS = 15  # three times redis-py's own socket_timeout


@pytest.fixture
def worker(site: LiveServer, redis: PrivateRedis, folder: Path) -> Iterator[LiveProcess]:
    with working(folder / "worker.log", REDIS_URL=redis.url) as worker:
        yield worker


async def test_an_idle_socket_and_an_idle_worker_outlast_a_quiet_redis(
    site: LiveServer, worker: LiveProcess, redis: PrivateRedis, join: Join, alice: User, room: Room
) -> None:
    said_before = len(site.log)
    client = await join(site, "/ws/", alice)
    await client.open("chat/general", "tasks")
    await asyncio.sleep(QUIET_SECONDS)
    await client.send({"stream": "chat/general", "payload": message_send("Still there?")})
    await client.until(lambda heard: "Still there?" in bodies(heard))
    await asyncio.to_thread(ask_for_statistics, site, client.cookie)
    await client.until(lambda heard: any(frame.get("status") == "SUCCESSFUL" for frame in heard))
    # The worker's regular look at its rows would have found the task too.
    with Redis.from_url(redis.url) as queue:
        assert queue.keys("queue*tasks*") == []
    assert worker.process.poll() is None
    assert "Error" not in worker.log + site.log[said_before:]
