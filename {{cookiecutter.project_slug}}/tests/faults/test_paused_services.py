"""Row 20: clients leave while PostgreSQL and Redis answer nobody, and the site notices."""

import asyncio
import json
import subprocess
import sys

import pytest

from realtime.tests.redis import PrivateRedis
from tests.clients import RawSocket
from tests.live import SITE, LiveServer, environment, paused
from tests.postgres import PrivatePostgres

from .chat import message_send
from .conftest import inside, until_inside

MULTIPLEXED, OWN = "/ws/", "/ws/chat/general/"
SECONDS = 10  # after which Daphne kills applications, and says so

MOVE_IN = """
import django, json
django.setup()
from django.core.management import call_command
from accounts.models import User
from chat.services import room_create
from tests.live import cookie_of

call_command("migrate", verbosity=0)
room_create(name="General")
print(json.dumps([cookie_of(User.objects.create_user(f"user-{n}")) for n in range(10)]))
"""


@pytest.fixture
def cookies(postgres: PrivatePostgres) -> list[str]:
    """A room called General, and ten people who are signed in."""
    env = environment(DATABASE_URL=postgres.url, DJANGO_SETTINGS_MODULE="config.settings")
    done = subprocess.run([sys.executable, "-c", MOVE_IN], cwd=SITE, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    found: list[str] = json.loads(done.stdout)
    return found


def enter(site: LiveServer, path: str, cookie: str) -> RawSocket:
    """Somebody in the room, who has read all that there was to read."""
    socket = RawSocket(site, path, {"Cookie": cookie})
    if path == MULTIPLEXED:
        socket.send({"stream": "chat/general", "event": "open"})
    socket.read_until(b"recovered")
    return socket


def talk(socket: RawSocket, path: str) -> None:
    command = message_send("Is anybody there?")
    socket.send({"stream": "chat/general", "payload": command} if path == MULTIPLEXED else command)


async def test_who_leaves_while_postgresql_and_redis_hang_is_gone_within_seconds(
    site_on_postgres: LiveServer,
    postgres: PrivatePostgres,
    redis: PrivateRedis,
    cookies: list[str],
) -> None:
    site = site_on_postgres
    enter(site, OWN, cookies[0]).reset()
    await until_inside(site, connections=0)
    base, logged = await inside(site), len(site.log)
    del base["objects"]  # calls that wait for PostgreSQL are kept until it answers
    places = [(path, cookie) for path in (MULTIPLEXED, OWN) for cookie in cookies * 10]
    crowd = [(enter(site, path, cookie), path) for path, cookie in places]
    with postgres.paused(), paused(redis.process.pid):
        for socket, path in crowd:
            talk(socket, path)
        coming = [RawSocket(site, OWN, {"Cookie": cookie}, wait=False) for cookie in cookies]
        async with asyncio.timeout(SECONDS):
            while (await inside(site))["tasks"] < base["tasks"] + 2 * len(crowd) + len(coming):
                await asyncio.sleep(0.1)
        for socket in [*coming, *(socket for socket, _ in crowd)]:
            socket.reset()
        # One more, as the question who those are that were coming still waits for an answer.
        await until_inside(site, SECONDS, **{**base, "tasks": base["tasks"] + 1})
    enter(site, MULTIPLEXED, cookies[0]).reset()
    assert "took too long" not in site.log[logged:]
