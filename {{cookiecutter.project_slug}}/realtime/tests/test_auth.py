"""Who is behind a socket: the same as with Channels' own middleware, at the cost of two queries."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack as ChannelsStack
from channels.auth import UserLazyObject, login, logout
from channels.generic.http import AsyncHttpConsumer
from channels.testing import HttpCommunicator
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils.functional import LazyObject
from pytest_django import Settings

from realtime.auth import AuthMiddlewareStack
from realtime.database import on_database_thread
from realtime.types import Application, Message, Receive, Scope, Send

from .sessions import (
    SITUATIONS,
    inner_scope,
    scope_with,
    session_with,
    signed_in,
    user_named,
)

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"


async def people(count: int) -> tuple[list[AbstractUser], list[str]]:
    """Users, and the cookies of their sessions."""
    users = [await on_database_thread(user_named, f"user {n}") for n in range(count)]
    return users, [await on_database_thread(signed_in, user) for user in users]


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("engine", ["db", "cached_db"])
def test_the_scope_is_what_channels_makes_it(
    settings: Settings, situation: str, engine: str
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    found = []
    for stack in (ChannelsStack, AuthMiddlewareStack):
        user = user_named(stack.__module__)
        cookie = SITUATIONS[situation](user)
        scope = asyncio.run(inner_scope(stack, cookie))
        session = scope["session"]
        found.append(
            {
                "keys": scope.keys(),
                "types": [type(session), type(scope["user"])],
                "session": session.__class__,
                "key": session.session_key and session.session_key == cookie,
                "items": session.keys(),
                "modified": session.modified,
                "rows": Session.objects.filter(pk=cookie or "").count(),
                "user": scope["user"].__class__,
                "same user": scope["user"] == user,
                "cookies": scope["cookies"].keys(),
            }
        )
    assert found[0] == found[1]
    assert found[1]["types"] == [LazyObject, UserLazyObject]
    if engine == "db":
        assert found[1]["same user"] == (situation == "signed in")


async def test_sockets_that_come_together_share_two_queries(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    users, cookies = await people(20)
    settings.DEBUG = True  # so that queries are logged, on whatever thread
    with caplog.at_level(logging.DEBUG, "django.db.backends"):
        scopes = await asyncio.gather(*(inner_scope(AuthMiddlewareStack, c) for c in cookies))
    assert [scope["user"] for scope in scopes] == users
    messages = [record.getMessage() for record in caplog.records]
    assert len([message for message in messages if "SELECT" in message]) == 2, messages


async def test_a_session_that_makes_trouble_hurts_no_other_socket() -> None:
    users, cookies = await people(5)
    broken = await on_database_thread(session_with, users[0], _auth_user_id="no number")
    calls = [inner_scope(AuthMiddlewareStack, cookie) for cookie in [broken, *cookies]]
    trouble, *scopes = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(trouble, ValidationError)
    assert [scope["user"] for scope in scopes if isinstance(scope, dict)] == users


async def test_a_cookie_that_postgresql_would_refuse_is_nobodys() -> None:
    scope = await inner_scope(AuthMiddlewareStack, '"\\000 is NUL"')
    assert scope["cookies"]["sessionid"] == "\0 is NUL"
    assert scope["user"].is_anonymous
    assert scope["session"].session_key is None


async def test_sockets_of_one_user_share_no_objects() -> None:
    _, [cookie] = await people(1)
    one, other = await asyncio.gather(*(inner_scope(AuthMiddlewareStack, cookie) for _ in "12"))
    one["user"].first_name = one["session"]["name"] = "changed"
    assert other["user"].first_name == ""
    assert "name" not in other["session"]


async def test_an_old_secret_key_is_good_as_long_as_it_is_a_fallback(settings: Settings) -> None:
    [user], [cookie] = await people(1)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    for _ in range(2):  # the browser still has the same cookie
        scope = await inner_scope(AuthMiddlewareStack, cookie)
        assert scope["user"] == user
    settings.SECRET_KEY_FALLBACKS = []
    scope = await inner_scope(AuthMiddlewareStack, cookie)
    assert scope["user"].is_anonymous


class Refusing(ModelBackend):
    """A backend that knows better whom to let in."""

    def get_user(self, user_id: Any) -> None:
        return None


async def test_a_backend_that_finds_users_its_own_way_is_asked(settings: Settings) -> None:
    [user], _ = await people(1)
    path = f"{__name__}.Refusing"
    settings.AUTHENTICATION_BACKENDS = [BACKEND, path]
    for backend, let_in in ((BACKEND, True), (path, False)):
        changes = {BACKEND_SESSION_KEY: backend}
        cookie = await on_database_thread(session_with, user, **changes)
        scope = await inner_scope(AuthMiddlewareStack, cookie)
        assert scope["user"].is_authenticated == let_in


class LogsInAndOut(AsyncHttpConsumer):  # type: ignore[misc]
    """Answers with who is signed in, before and after `action`."""

    action: Callable[[dict[str, Any]], Awaitable[None]]

    async def handle(self, body: bytes) -> None:
        before = str(self.scope["user"])
        await type(self).action(self.scope)
        await self.send_response(200, f"{before}, then {self.scope['user']}".encode())


async def answer_of(application: Application, cookie: str | None) -> tuple[bytes, dict[str, str]]:
    headers = [] if cookie is None else [(b"cookie", f"sessionid={cookie}".encode())]
    answer = await HttpCommunicator(application, "GET", "/", headers=headers).get_response(20)
    cookies = [value.decode() for name, value in answer["headers"] if name == b"Set-Cookie"]
    return answer["body"], dict(cookie.partition(";")[0].split("=") for cookie in cookies)


async def test_who_logs_in_over_http_gets_a_cookie_and_who_logs_out_loses_it() -> None:
    [user], _ = await people(1)

    class LogsIn(LogsInAndOut):
        @staticmethod
        async def action(scope: dict[str, Any]) -> None:
            await login(scope, user, BACKEND)

    class LogsOut(LogsInAndOut):
        action = staticmethod(logout)

    body, cookies = await answer_of(AuthMiddlewareStack(LogsIn.as_asgi()), None)
    assert body == b"AnonymousUser, then user 0"
    assert await on_database_thread(SessionStore().exists, cookies["sessionid"])
    body, gone = await answer_of(AuthMiddlewareStack(LogsOut.as_asgi()), cookies["sessionid"])
    assert body == b"user 0, then AnonymousUser"
    assert gone == {"sessionid": '""'}
    assert not await on_database_thread(SessionStore().exists, cookies["sessionid"])


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("websocket", {"type": "websocket.close"}), ("http", {"type": "http.response.start"})],
)
async def test_a_database_that_does_not_answer_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, kind: str, answer: Message
) -> None:
    monkeypatch.setattr("realtime.auth.LOOK_UP_SECONDS", 0)
    _, [cookie] = await people(1)
    said: list[Message] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("Nobody knows who this is.")

    async def receive() -> Message:
        raise AssertionError("There is nothing to receive.")

    async def send(message: Message) -> None:
        said.append(message)

    await AuthMiddlewareStack(inner)(scope_with(cookie, kind), receive, send)
    assert said[0].items() >= answer.items()
    assert said[0].get("status") == (503 if kind == "http" else None)
