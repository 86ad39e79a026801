"""Row 25: what was committed arrives, though who wrote it dies before telling anybody."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from accounts.models import User
from chat.models import Room
from realtime.tests.redis import PrivateRedis
from tests.clients import LiveClient
from tests.live import SITE, START_SECONDS, LiveServer, environment, serving

from .chat import bodies, joined, message_send, numbers
from .conftest import Join

ROOM = "/ws/chat/general/"
DYING_SITE = "tests.faults.dying_asgi:application"
DYING_WRITER = """
import tests.faults.dying_asgi
from accounts.models import User
from chat.models import Room
from chat.services import message_send

message_send(author=User.objects.get(), room=Room.objects.get(), body="committed")
"""


def write_and_die(redis: PrivateRedis) -> int:
    env = environment(DJANGO_SETTINGS_MODULE="config.settings", REDIS_URL=redis.url)
    command = [sys.executable, "-c", DYING_WRITER]
    return subprocess.run(command, cwd=SITE, env=env, timeout=START_SECONDS).returncode


async def test_what_a_program_has_committed_arrives_though_it_dies_before_it_publishes(
    site: LiveServer, redis: PrivateRedis, join: Join, alice: User, room: Room
) -> None:
    client = await join(site, ROOM, alice)
    await joined(client)
    assert await asyncio.to_thread(write_and_die, redis) == -signal.SIGKILL
    await client.until(lambda heard: bodies(heard) == ["committed"])


async def test_what_a_web_process_has_committed_arrives_once_though_it_dies_before_it_publishes(
    site: LiveServer,
    redis: PrivateRedis,
    join: Join,
    tmp_path: Path,
    alice: User,
    bob: User,
    room: Room,
) -> None:
    client = await join(site, ROOM, alice)
    await joined(client)
    command = message_send("committed")
    with serving(tmp_path / "log", "daphne", DYING_SITE, REDIS_URL=redis.url) as dying:
        async with LiveClient(dying, ROOM, bob) as author:
            await author.send(command)
            assert await asyncio.to_thread(dying.process.wait, START_SECONDS) == -signal.SIGKILL
    await client.until(lambda heard: bodies(heard) == ["committed"])
    again = await join(site, ROOM, bob)
    await joined(again)
    await again.send(command)
    await again.until(lambda heard: {"type": "ok", "ref": "committed", "seq": 1} in heard)
    await again.send(message_send("another"))
    await client.until(lambda heard: "another" in bodies(heard))
    assert numbers(client.heard) == [1, 2]
