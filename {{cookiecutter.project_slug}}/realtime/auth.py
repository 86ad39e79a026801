"""Who is behind a socket: what `channels.auth.AuthMiddlewareStack` does, for many at once.

Channels asks the database twice for each socket, on one thread. Here, the sockets that come
while others are being looked up share two queries. What is not the usual case, Channels does.
"""

import asyncio
import logging
from collections.abc import Sequence
from copy import copy
from typing import Any

from channels.auth import UserLazyObject, get_user
from channels.sessions import InstanceSessionWrapper
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from .batches import Batches
from .database import on_database_thread
from .types import Application, Receive, Scope, Send

LARGEST_BATCH = 200
LOOK_UP_SECONDS = 5.0  # less than Daphne has patience with an application whose client has gone

logger = logging.getLogger(__name__)


def AuthMiddlewareStack(inner: Application) -> Application:  # noqa: N802  (Channels' name)
    """Puts `cookies`, `session` and `user` into the scope, in the place of Channels' own.

    A session that only SECRET_KEY_FALLBACKS verify is good, and stays as it is: over a WebSocket
    the browser could not be told of a new one. The next page that it loads renews it.
    """

    async def signed_in(scope: Scope, receive: Receive, send: Send) -> None:
        session = InstanceSessionWrapper({**scope, "cookies": _cookies(scope)}, send)
        await session.resolve_session()
        scope = session.scope
        user = scope.setdefault("user", UserLazyObject())
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                user._wrapped = await _user(scope)
        except TimeoutError:
            logger.warning("The database takes too long to say who is behind %s.", scope["path"])
            await _turn_away(scope, send)
            return
        if scope["type"] != "websocket":  # no message of which carries a cookie
            send = session.send
        del session, user  # or they would stay for as long as the connection
        await inner(scope, receive, send)

    return signed_in


def _cookies(scope: Scope) -> dict[str, str]:
    for name, value in scope["headers"]:
        if name == b"cookie":
            return parse_cookie(value.decode("latin1"))
    return {}


async def _turn_away(scope: Scope, send: Send) -> None:
    """To come back later: as a 503, or as a refusal, at which clients of sockets try again."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
    else:
        headers = [(b"retry-after", b"5")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body"})


async def _user(scope: Scope) -> Any:
    session = scope["session"]
    if session.__class__ is SessionStore and not session.accessed:
        if session.session_key is None:
            return AnonymousUser()
        user = await _batches.result_of(session)
        if user is not None:
            return user
    return await on_database_thread(get_user.func, scope)


async def _usual_users(sessions: list[Any]) -> list[Any]:
    """For each session its user, or None where Channels must take a closer look."""
    try:
        return await on_database_thread(_look_up, sessions)
    except Exception:
        logger.exception("Sockets could not be looked up together; each is, for itself.")
        return [None] * len(sessions)


_batches: Batches[Any, Any] = Batches(_usual_users, LARGEST_BATCH)


def _look_up(sessions: list[Any]) -> list[Any]:
    _load(sessions)
    return [
        AnonymousUser() if session.get(SESSION_KEY) is None else verified(session, user)
        for session, user in zip(sessions, named_users(sessions), strict=True)
    ]


def named_users(sessions: Sequence[Any]) -> list[Any]:
    """For each session the user it names, verified or not, or None: in one query for all."""
    primary_key = get_user_model()._meta.pk
    ids = [primary_key.to_python(session.get(SESSION_KEY)) for session in sessions]
    users = get_user_model()._default_manager.in_bulk([pk for pk in ids if pk is not None])
    return [users.get(pk) for pk in ids]


def _load(sessions: list[Any]) -> None:
    """What `SessionStore.load()` does, in one query for all."""
    keys = [session.session_key for session in sessions]
    rows = SessionStore.get_model_class().objects.filter(
        session_key__in=[key for key in keys if "\0" not in key],  # which PostgreSQL refuses
        expire_date__gt=timezone.now(),
    )
    data = dict(rows.values_list("session_key", "session_data"))
    for session, key in zip(sessions, keys, strict=True):
        session._session_cache = session.decode(data[key]) if key in data else {}
        session._session_key = key if key in data else None
        session.accessed = True


def verified(session: Any, user: Any) -> Any:
    """The user, if the session is theirs beyond doubt: see `django.contrib.auth.get_user()`."""
    path = session.get(BACKEND_SESSION_KEY)
    if user is None or path not in settings.AUTHENTICATION_BACKENDS:
        return None
    backend = load_backend(path)
    if not isinstance(backend, ModelBackend) or type(backend).get_user is not ModelBackend.get_user:
        return None
    if not backend.user_can_authenticate(user):
        return None
    session_hash = session.get(HASH_SESSION_KEY) or ""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    if not any(constant_time_compare(session_hash, valid) for valid in hashes):
        return None
    return copy(user)  # two sockets of one user share nothing that a consumer might change
