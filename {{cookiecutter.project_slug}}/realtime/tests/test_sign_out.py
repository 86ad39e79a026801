"""Row 22: who was signed out, deactivated or deleted, or has another password, hears no more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from channels.layers import channel_layers
from channels.routing import URLRouter
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.models import Session
from django.urls import path

from realtime import sign_out
from realtime.auth import AuthMiddlewareStack
from realtime.close_codes import Ending
from realtime.database import on_database_thread
from realtime.layers import InMemoryLayer
from realtime.multiplexer import Multiplexer
from realtime.own_socket import OwnSocket
from realtime.session_check import RENEWED
from realtime.testing import PatientCommunicator
from realtime.types import Message

from .sessions import (
    AN_HOUR_AGO,
    change_own_password,
    change_password,
    deactivate,
    inner_scope,
    log_out,
    signed_in,
    user_named,
)
from .test_traps import Door, say, with_streams
from .visitors import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = 3600.0

type Visit = Callable[[str], Awaitable["Visitor"]]
type Happens = Callable[[AbstractUser, str], object]


@pytest.fixture(params=["stream", "socket", "http"])
async def visit(request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    visitors: list[Visitor] = []

    async def visit(cookie: str) -> Visitor:
        visitor = Visitor(request.param, cookie)
        await visitor.come()
        visitors.append(visitor)
        return visitor

    yield visit
    for visitor in visitors:
        await visitor.leave()


SAID_AT_ONCE: dict[str, Happens] = {
    "logout": log_out,
    "password": lambda user, _: change_password(user),
    "deactivation": lambda user, _: deactivate(user),
    "deletion": lambda user, _: user.delete(),
}


def manager() -> Any:
    return get_user_model()._default_manager


FOUND_LATER: dict[str, Happens] = {
    "logout": lambda _, cookie: Session.objects.filter(pk=cookie).delete(),
    "expired": lambda _, cookie: Session.objects.filter(pk=cookie).update(expire_date=AN_HOUR_AGO),
    "password": lambda user, _: manager().filter(pk=user.pk).update(password="!"),
    "deactivation": lambda user, _: manager().filter(pk=user.pk).update(is_active=False),
    "deletion": lambda user, _: manager().filter(pk=user.pk)._raw_delete("default"),
}


@pytest.mark.parametrize(
    ("interval", "what_happens"), [(NEVER, SAID_AT_ONCE), (0.1, FOUND_LATER)], ids=["said", "found"]
)
async def test_who_is_signed_out_is_closed_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
    visit: Visit,
    interval: float,
    what_happens: dict[str, Happens],
) -> None:
    monkeypatch.setattr(sign_out, "CHECK_SECONDS", interval)
    staying, leaving = [], []
    for name, happens in what_happens.items():
        user = await on_database_thread(user_named, name)
        cookie = await on_database_thread(signed_in, user)
        leaving.append((await visit(cookie), happens, user, cookie))
        if name == "logout":  # at one device of several
            staying.append(await visit(await on_database_thread(signed_in, user)))
    other = await on_database_thread(user_named, "other")
    staying.append(await visit(await on_database_thread(signed_in, other)))
    staying.append(await visit("nobody"))
    for _, happens, user, cookie in leaving:
        await on_database_thread(happens, user, cookie)
    for visitor, *_ in leaving:
        assert await visitor.is_ended()
    for visitor in staying:
        assert await visitor.is_well()


async def test_a_response_that_has_not_begun_says_that_one_was_signed_out() -> None:
    user = await on_database_thread(user_named, "alice")
    cookie = await on_database_thread(signed_in, user)
    client = Visitor("http", cookie, "/slow/").connection
    await client.send_input({"type": "http.request", "body": b""})
    while not sign_out.sign_outs()._sessions:
        await asyncio.sleep(0.01)
    await on_database_thread(deactivate, user)
    assert (await client.receive_output())["status"] == 403
    await client.wait()


async def test_who_changes_their_own_password_may_come_back_with_the_new_cookie(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_out, "CHECK_SECONDS", NEVER)
    user = await on_database_thread(user_named, "alice")
    cookie = await on_database_thread(signed_in, user)
    visitor = Visitor("socket", cookie)
    await visitor.come()
    new_cookie = await on_database_thread(change_own_password, user, cookie)
    code, reason = RENEWED
    close = {"type": "websocket.close", "code": code, "reason": reason}
    assert await visitor.connection.receive_output() == close
    assert (await inner_scope(AuthMiddlewareStack, new_cookie))["user"] == user


async def test_who_signs_in_or_out_on_a_stream_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_out, "CHECK_SECONDS", 0.05)
    alice = await on_database_thread(user_named, "alice")
    routes = [path("ws/<slug:name>/", Door.as_asgi())]
    own = AuthMiddlewareStack(OwnSocket.around(URLRouter(routes)))
    over = AuthMiddlewareStack(Multiplexer.over(routes, prefix="ws/"))

    async def looked_at() -> None:
        """Once somebody who comes after it has been found out."""
        cookie = await on_database_thread(signed_in, alice)
        witness = Visitor("socket", cookie)
        await witness.come()
        await on_database_thread(Session.objects.filter(pk=cookie).delete)
        assert await witness.is_ended()

    socket = await with_streams(over, "front", "back")
    alone = PatientCommunicator(own, "/ws/front/")
    await alone.connect()
    for word, name in [('"in"', '"alice"'), ('"out"', '"AnonymousUser"')] * 2:
        assert f'"{await say(socket, "front", word.strip(chr(34)))}"' == name
        await alone.send_to(text_data=word)
        assert await alone.receive_from() == name
        await looked_at()
        assert f'"{await say(socket, "back", "?")}"' == name
        await alone.send_to(text_data='"?"')
        assert await alone.receive_from() == name
    for one in (socket, alone):
        await one.disconnect()


def lookers() -> int:
    return sum("SignOuts._run" in repr(task) for task in asyncio.all_tasks())


async def test_one_task_looks_after_all_connections_and_ends_after_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_out, "CHECK_SECONDS", 0.1)
    watch = sign_out.sign_outs()
    user = await on_database_thread(user_named, "alice")
    session = (await inner_scope(AuthMiddlewareStack, await on_database_thread(signed_in, user)))[
        "session"
    ]

    class Connection:
        def end(self, ending: Ending) -> None:
            raise AssertionError("It is good.")

    connections = [Connection() for _ in range(500)]
    for connection in connections:
        watch.add(connection, {"session": session})
    assert lookers() == 1
    for connection in connections:
        watch.discard(connection)
    async with asyncio.timeout(20):
        while lookers():
            await asyncio.sleep(0.01)


async def test_to_sign_in_is_no_news_but_to_change_a_password_is() -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    layer = InMemoryLayer()
    channel_layers.set("default", layer)
    await layer.listen(sign_out.USER_CHANGES.name, heard.put_nowait)
    alice, bob = [await on_database_thread(user_named, name) for name in ("alice", "bob")]
    await on_database_thread(signed_in, alice)
    await on_database_thread(change_password, bob)
    async with asyncio.timeout(20):
        assert await heard.get() == {"type": "user.changed", "user": str(bob.pk)}
