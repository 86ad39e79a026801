"""Who was signed out, deactivated or deleted, or has another password, keeps no connection.

Each process looks at the sessions of its connections once in CHECK_SECONDS, in batches that are
spread over that time. It needs no Redis for it; with Redis, `signals.py` says at whom to look
at once.
"""

import asyncio
import contextvars
import logging
import math
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary, ref

from channels.layers import get_channel_layer

from .auth import LARGEST_BATCH
from .close_codes import Ending
from .database import on_database_thread
from .groups import Group
from .listeners import Stop
from .session_check import Claim, endings, named_user
from .types import Message, Scope

CHECK_SECONDS = 30.0
SETTLE_SECONDS = 2.0  # in which a request that signs out, or changes a password, comes to its end

USER_CHANGES = Group("user-changes")

logger = logging.getLogger(__name__)


class Watched(Protocol):
    def end(self, ending: Ending) -> None:
        """Called in the connection's event loop, and not again once it is discarded."""


class _Question(NamedTuple):
    connection: ref[Watched]  # since the database may be long in answering
    claim: Claim


class SignOuts:
    """Ends the connections of one event loop whose sessions are no longer good."""

    def __init__(self) -> None:
        self._sessions: dict[Watched, Any] = {}  # the one that was checked last comes last
        self._changed_users: set[str] = set()
        self._due: list[ref[Watched]] = []  # to be looked at now
        self._has_due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False

    def add(self, connection: Watched, scope: Scope) -> None:
        """Look after a connection, if it has a session: a stream may sign somebody in later."""
        session = scope.get("session")
        if session is None:
            return
        self._sessions[connection] = session
        if self._task is None:
            # A context of its own, since it works for all connections, not only for this one.
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    def discard(self, connection: Watched) -> None:
        self._sessions.pop(connection, None)

    async def _run(self) -> None:
        self._postpone()
        stop: Stop | None = None
        try:
            stop = await self._listen()
            while self._sessions:
                await self._check(await self._next_questions())
        finally:
            self._task = None
            if stop is not None:
                stop()

    # At whom to look

    async def _listen(self) -> Stop | None:
        listen = getattr(get_channel_layer(USER_CHANGES.alias), "listen", None)
        if listen is None:  # a layer of Channels, or none
            return None
        stop: Stop = await listen(USER_CHANGES.name, self._hear, self._look_at_all)
        return stop

    def _hear(self, message: Message) -> None:
        if not self._changed_users:
            asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._look_at_changed)
        self._changed_users.add(message["user"])

    def _look_at_changed(self) -> None:
        users, self._changed_users = self._changed_users, set()
        self._look_at(
            connection
            for connection, session in self._sessions.items()
            if named_user(session) in users
        )

    def _look_at_all(self) -> None:
        self._look_at(self._sessions)

    def _look_at(self, connections: Iterable[Watched]) -> None:
        self._due += map(ref, connections)
        self._has_due.set()

    async def _next_questions(self) -> list[_Question]:
        """Those that are due; or else, when it is time, those that were not asked for longest."""
        try:
            async with asyncio.timeout_at(self._next_at):
                await self._has_due.wait()
        except TimeoutError:
            return self._take_turns()
        due, self._due = self._due[:LARGEST_BATCH], self._due[LARGEST_BATCH:]
        if not self._due:
            self._has_due.clear()
        return self._questions(connection for one in due if (connection := one()) is not None)

    def _take_turns(self) -> list[_Question]:
        self._postpone()
        batch = list(islice(self._sessions, LARGEST_BATCH))
        for connection in batch:
            self._sessions[connection] = self._sessions.pop(connection)
        return self._questions(batch)

    def _postpone(self) -> None:
        batches = math.ceil(len(self._sessions) / LARGEST_BATCH) or 1
        self._next_at = asyncio.get_running_loop().time() + CHECK_SECONDS / batches

    def _questions(self, connections: Iterable[Watched]) -> list[_Question]:
        return [
            _Question(ref(connection), Claim(session))
            for connection in connections
            if named_user(session := self._sessions.get(connection)) is not None
        ]

    # What the database says

    async def _check(self, questions: list[_Question]) -> None:
        if not questions:
            return
        try:
            answers = await on_database_thread(endings, [claim for _, claim in questions])
        except Exception as error:  # which ends nobody's connection
            if not self._is_failing:
                logger.warning("Sessions cannot be checked: %s", str(error).strip())
            self._is_failing = True
            return
        self._is_failing = False
        for (one, claim), ending in zip(questions, answers, strict=True):
            if ending is not None and (connection := one()) is not None:
                self._end(connection, claim, ending)

    def _end(self, connection: Watched, claim: Claim, ending: Ending) -> None:
        session = self._sessions.get(connection)
        # A stream that signs in or out gives the session another key.
        if session is not None and session.session_key == claim.key:
            connection.end(ending)


_all: WeakKeyDictionary[asyncio.AbstractEventLoop, SignOuts] = WeakKeyDictionary()


def sign_outs() -> SignOuts:
    """That of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _all:
        _all[loop] = SignOuts()
    return _all[loop]
