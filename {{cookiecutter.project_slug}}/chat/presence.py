"""Who is in a room now, by leases: a process says whom it has, and is believed for a minute.

Nothing is counted and nothing is stored: what a process that was killed has said runs out.
"""

import asyncio
import contextlib
import os
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from realtime.groups import Group
from realtime.types import Message as LayerMessage

from .events import presence_changed

LEASE_SECONDS = 60.0
RENEW_SECONDS = 25.0
ABSENCE_SECONDS = 3.0  # after which somebody has left; a page that is loaded anew is quicker
TOGETHER_SECONDS = 0.2  # in which those who come or go are told of together

type People = dict[str, str]  # user names, and what these are called


class _Lease(NamedTuple):
    people: People
    until: float  # of the loop's clock


class Presence:
    """Those in one room, as far as this process knows. `tell` gets the signals for its clients."""

    def __init__(self, group: Group, tell: Callable[[LayerMessage], None]) -> None:
        self._group = group
        self._tell = tell
        self._own_id = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._places: Counter[str] = Counter()
        self._own: People = {}
        self._leases: dict[str, _Lease] = {}
        self._known: People = {}
        self._keeping: asyncio.Task[None] | None = None
        self._saying: asyncio.Task[None] | None = None
        self._ask = True  # what the others have to say

    @property
    def people(self) -> People:
        return dict(sorted((self._known | self._own).items()))

    def enter(self, user: Any) -> None:
        self._places[user.username] += 1
        if self._own.get(user.username) != user.shown_name:
            self._own[user.username] = user.shown_name
            self._say()
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())

    def leave(self, user: Any) -> None:
        self._places[user.username] -= 1
        if self._places[user.username] <= 0:
            loop = asyncio.get_running_loop()
            loop.call_later(ABSENCE_SECONDS, self._leave_for_good, user.username)

    def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        if self._own:
            self._own.clear()
            self._say()

    def hear(self, message: LayerMessage) -> None:
        """What a process says, this one included."""
        until = asyncio.get_running_loop().time() + LEASE_SECONDS
        self._leases[message["process"]] = _Lease(message["people"], until)
        self._compare()
        if message["ask"] and message["process"] != self._own_id and self._own:
            self._say()

    def _leave_for_good(self, username: str) -> None:
        if self._places[username] <= 0 and username in self._own:
            del self._places[username]
            del self._own[username]
            self._say()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            self._say()
            self._compare()

    def _compare(self) -> None:
        now = asyncio.get_running_loop().time()
        self._leases = {key: lease for key, lease in self._leases.items() if lease.until > now}
        before, self._known = self._known, {}
        for lease in self._leases.values():
            self._known |= lease.people
        joined = {who: name for who, name in self._known.items() if before.get(who) != name}
        left = before.keys() - self._known.keys()
        if joined or left:
            self._tell(presence_changed(joined, left, len(self._known)))

    def _say(self) -> None:
        if self._saying is None:
            self._saying = asyncio.create_task(self._say_soon())

    async def _say_soon(self) -> None:
        await asyncio.sleep(TOGETHER_SECONDS)
        self._saying = None
        message = {
            "type": "room.presence",
            "process": self._own_id,
            "people": dict(self._own),
            "ask": self._ask,
        }
        self._ask = False
        with contextlib.suppress(Exception):  # it is said again soon
            await self._group.apost(message)
