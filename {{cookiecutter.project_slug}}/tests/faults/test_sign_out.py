"""Row 22: who is signed out, deactivated or deleted, or has another password, keeps no socket."""

import asyncio
import contextlib
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from channels.layers import channel_layers
from django.contrib.sessions.models import Session

from accounts.models import User
from chat.models import Room
from realtime.close_codes import NOT_SIGNED_IN
from realtime.database import on_database_thread
from realtime.layers import PubSubLayer
from realtime.tests.redis import PrivateRedis
from realtime.tests.sessions import change_password, deactivate, log_out
from tests.clients import PATIENCE, LiveClient
from tests.live import Kind, LiveServer, cookie_of, serving, wait_for
from tests.postgres import PrivatePostgres

from .chat import bodies, joined, move_in, say
from .conftest import TEST_APPLICATION, Join

ROOM = "/ws/chat/general/"
NEVER = "3600"

type Happens = Callable[[User, str], object]

AT_ONCE: dict[str, Happens] = {
    "logout": log_out,
    "password": lambda user, _: change_password(user),
    "deactivation": lambda user, _: deactivate(user),
    "deletion": lambda user, _: User.objects.filter(pk=user.pk).delete(),
}
LATER: dict[str, Happens] = {
    "password": AT_ONCE["password"],
    "deactivation": AT_ONCE["deactivation"],
    "removal": lambda _, key: Session.objects.filter(pk=key).delete(),
}


@pytest.fixture(params=["daphne", "uvicorn"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def telling(layer: PubSubLayer) -> None:
    """Let this process tell the others, as a web process does."""
    channel_layers.set("default", layer)


class Events:
    """The room as server-sent events, up to the end of the response."""

    def __init__(self, site: LiveServer, cookie: str) -> None:
        headers = {"Cookie": cookie}
        request = urllib.request.Request(site.url("/rooms/general/events/"), headers=headers)
        self._response = urllib.request.urlopen(request, timeout=PATIENCE)
        self.read_until("room.joined")

    def read_until(self, text: str) -> None:
        while text.encode() not in self._response.readline():
            pass

    def rest(self) -> bytes:
        return bytes(self._response.read())


class Leaver:
    """Somebody with both kinds of sockets and a stream of events, each with its own session."""

    def __init__(self, name: str, happens: Happens) -> None:
        self._name = name
        self._happens = happens

    async def come(self, site: LiveServer, join: Join) -> None:
        self._user = await on_database_thread(User.objects.create_user, f"leaver-{self._name}")
        self._clients = [await join(site, path, self._user) for path in ("/ws/", ROOM)]
        await self._clients[0].open("chat/general")
        for client in self._clients:
            await joined(client)
        cookie = await on_database_thread(cookie_of, self._user)
        self._events = await asyncio.to_thread(Events, site, cookie)
        self._cookies = [cookie, *(client.cookie for client in self._clients)]

    async def hears(self, body: str) -> None:
        for client in self._clients:
            await client.until(lambda heard: body in bodies(heard))
        await asyncio.to_thread(self._events.read_until, body)

    async def leave(self) -> None:
        for cookie in self._cookies:
            key = cookie.partition("=")[2]
            await on_database_thread(self._happens, self._user, key)

    async def is_gone(self) -> None:
        for client in self._clients:
            async with asyncio.timeout(PATIENCE):
                while client.closed is None:
                    await asyncio.sleep(0.05)
            assert client.closed == NOT_SIGNED_IN
        self.read = await asyncio.to_thread(self._events.rest)

    def has_heard(self, body: str) -> bool:
        return body.encode() in self.read or any(body in bodies(c.heard) for c in self._clients)


async def all_leave(site: LiveServer, join: Join, bob: User, how: dict[str, Happens]) -> None:
    """They do, and hear no more; others stay."""
    stayer = await join(site, ROOM, bob)
    await joined(stayer)
    leavers = [Leaver(name, happens) for name, happens in how.items()]
    for leaver in leavers:
        await leaver.come(site, join)
    await say(stayer, "with them")
    for leaver in leavers:
        await leaver.hears("with them")
    for leaver in leavers:
        await leaver.leave()
    for leaver in leavers:
        await leaver.is_gone()
    await say(stayer, "without them")
    await stayer.until(lambda heard: "without them" in bodies(heard))
    for leaver in leavers:
        assert not leaver.has_heard("without them")


async def test_who_is_signed_out_in_another_process_keeps_no_connection(
    kind: Kind,
    redis: PrivateRedis,
    tmp_path: Path,
    telling: None,
    join: Join,
    bob: User,
    room: Room,
) -> None:
    log = tmp_path / "site.log"
    with serving(log, kind, TEST_APPLICATION, REDIS_URL=redis.url, CHECK_SECONDS=NEVER) as site:
        await all_leave(site, join, bob, AT_ONCE)


async def test_without_redis_who_is_signed_out_keeps_no_connection_for_long(
    kind: Kind,
    redis: PrivateRedis,
    tmp_path: Path,
    telling: None,
    join: Join,
    bob: User,
    room: Room,
) -> None:
    log = tmp_path / "site.log"
    with serving(log, kind, TEST_APPLICATION, REDIS_URL=redis.url, CHECK_SECONDS="1") as site:
        redis.kill()
        try:
            await all_leave(site, join, bob, LATER)
        finally:
            await asyncio.to_thread(redis.start)


@contextlib.contextmanager
def crashed(postgres: PrivatePostgres) -> Iterator[None]:
    postgres.crash()
    try:
        yield
    finally:
        postgres.start()


async def test_a_database_that_is_away_signs_nobody_out(
    postgres: PrivatePostgres, tmp_path: Path
) -> None:
    url = await asyncio.to_thread(postgres.new_database, "sign_out")
    [cookie, *_] = await asyncio.to_thread(move_in, url)
    log = tmp_path / "site.log"
    with serving(log, "daphne", TEST_APPLICATION, DATABASE_URL=url, CHECK_SECONDS="0.1") as site:
        async with LiveClient(site, ROOM, cookie=cookie) as client:
            await joined(client)
            with crashed(postgres):
                async with asyncio.timeout(PATIENCE):
                    while "Sessions cannot be checked" not in site.log:
                        await asyncio.sleep(0.1)
            await asyncio.to_thread(wait_for, site.url("/healthz"))
            await say(client, "still here")
            await client.until(lambda heard: bodies(heard) == ["still here"])
