"""Sessions of all kinds, and the scope that a middleware makes of their cookies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    get_user_model,
    update_session_auth_hash,
)
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from realtime.types import Application, Message, Receive, Scope, Send


def scope_with(cookie: str | None, kind: str = "websocket") -> Scope:
    headers = [] if cookie is None else [(b"cookie", f"sessionid={cookie}; other=one".encode())]
    return {"type": kind, "path": "/", "headers": headers}


async def inner_scope(stack: Callable[[Application], Application], cookie: str | None) -> Scope:
    """The scope that an application inside the stack gets."""
    scopes: list[Scope] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    async def nothing(*message: Message) -> Message:
        raise AssertionError("Nothing is sent or received before the application is called.")

    await stack(application)(scope_with(cookie), nothing, nothing)
    [scope] = scopes
    return scope


def user_named(name: str) -> AbstractUser:
    user: AbstractUser = get_user_model()(username=name)
    user.set_password("correct horse")
    user.save()
    return user


def signed_in(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def session_with(user: AbstractUser, **changes: object) -> str:
    """The user's session with some of its items changed, or gone where they are None."""
    session = SessionStore(signed_in(user))
    session.update(changes)
    for key in [key for key, value in session.items() if value is None]:
        del session[key]
    session.save()
    return str(session.session_key)


def row_with(user: AbstractUser, **columns: object) -> str:
    """The user's session with some columns of its row changed."""
    key = signed_in(user)
    Session.objects.filter(pk=key).update(**columns)
    return key


def then(user: AbstractUser, happens: Callable[[AbstractUser], object]) -> str:
    """The user's session, after which something happens to the user."""
    key = signed_in(user)
    happens(user)
    return key


def change_password(user: AbstractUser) -> None:
    user.set_password("another horse")
    user.save()


def deactivate(user: AbstractUser) -> None:
    user.is_active = False
    user.save()


def change_own_password(user: AbstractUser, cookie: str) -> str:
    """As a page does it. Returns the new cookie."""
    request = HttpRequest()
    request.session, request.user = SessionStore(cookie), user  # type: ignore[assignment]
    change_password(user)
    update_session_auth_hash(request, user)  # type: ignore[arg-type]
    request.session.save()
    return str(request.session.session_key)


def log_out(user: AbstractUser, cookie: str) -> None:
    client = Client()
    client.cookies["sessionid"] = cookie
    client.logout()


def anonymous() -> str:
    session = SessionStore()
    session["basket"] = ["tea"]
    session.save()
    return str(session.session_key)


NOT_IN_USE = "django.contrib.auth.backends.AllowAllUsersModelBackend"
AN_HOUR_AGO = timezone.now() - timedelta(hours=1)

# What makes the cookie, given a user.
SITUATIONS: dict[str, Callable[[AbstractUser], str | None]] = {
    "no cookie": lambda user: None,
    "empty": lambda user: "",
    "short": lambda user: "short",
    "no key at all": lambda user: '"é\\377' + 30 * "\\134" + '"',
    "unknown": lambda user: 32 * "0",
    "a session without a user": lambda user: anonymous(),
    "signed in": signed_in,
    "expired": lambda user: row_with(user, expire_date=AN_HOUR_AGO),
    "corrupt": lambda user: row_with(user, session_data="garbage"),
    "password changed": lambda user: then(user, change_password),
    "inactive": lambda user: then(user, deactivate),
    "deleted": lambda user: then(user, AbstractUser.delete),
    "without a hash": lambda user: session_with(user, **{HASH_SESSION_KEY: None}),
    "backend not in use": lambda user: session_with(user, **{BACKEND_SESSION_KEY: NOT_IN_USE}),
}
