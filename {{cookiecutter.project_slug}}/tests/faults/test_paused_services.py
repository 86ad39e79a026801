"""Row 20: clients leave while PostgreSQL and Redis answer nobody, and the site notices."""

import asyncio

import pytest

from realtime.tests.redis import PrivateRedis
from tests.clients import RawSocket
from tests.live import LiveServer, paused
from tests.postgres import PrivatePostgres

from .chat import message_send, move_in
from .conftest import inside, until_inside

MULTIPLEXED, OWN = "/ws/", "/ws/chat/general/"
SECONDS = 10  # after which Daphne kills applications, and says so


@pytest.fixture
def cookies(postgres: PrivatePostgres) -> list[str]:
    """A room called General, and ten people who are signed in."""
    return move_in(postgres.url)


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
