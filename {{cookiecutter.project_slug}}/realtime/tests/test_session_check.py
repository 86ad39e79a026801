"""Whether sessions are still good, for many at once."""

import logging
from pathlib import Path

import pytest
from channels.auth import login
from pytest_django import Settings

from realtime.auth import AuthMiddlewareStack
from realtime.database import on_database_thread
from realtime.session_check import SIGNED_OUT, Claim, endings

from .sessions import change_password, inner_scope, log_out, signed_in, user_named

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"


async def claim_of(cookie: str) -> Claim:
    return Claim((await inner_scope(AuthMiddlewareStack, cookie))["session"])


async def test_however_many_connections_there_are_two_queries_are_asked(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    users = [await on_database_thread(user_named, f"user {n}") for n in range(20)]
    claims = [await claim_of(await on_database_thread(signed_in, user)) for user in users]
    settings.DEBUG = True  # so that queries are logged, on whatever thread
    with caplog.at_level(logging.DEBUG, "django.db.backends"):
        assert await on_database_thread(endings, claims) == [None] * 20
    messages = [record.getMessage() for record in caplog.records]
    assert len([message for message in messages if "SELECT" in message]) == 2, messages


ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]


@pytest.mark.parametrize("engine", ENGINES)
async def test_sessions_of_all_kinds_are_checked(
    settings: Settings, tmp_path: Path, engine: str
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    user = await on_database_thread(user_named, "alice")
    cookies = [await on_database_thread(signed_in, user) for _ in range(2)]
    good, ended = [await claim_of(cookie) for cookie in cookies]
    await on_database_thread(log_out, user, cookies[1])
    # What is stored in the browser alone cannot be ended by the server.
    left = None if engine == "signed_cookies" else SIGNED_OUT
    assert await on_database_thread(endings, [good, ended]) == [None, left]
    scope = await inner_scope(AuthMiddlewareStack, None)
    await login(scope, user, BACKEND)  # which nobody saves
    assert await on_database_thread(endings, [Claim(scope["session"])]) == [None]
    await on_database_thread(change_password, user)
    claims = [good, Claim(scope["session"])]
    assert await on_database_thread(endings, claims) == [SIGNED_OUT, SIGNED_OUT]
