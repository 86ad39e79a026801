"""Following a room: what was missed since some message, and then what happens."""

import asyncio
from collections import deque
from typing import NamedTuple, Self
from urllib.parse import parse_qs

from channels.layers import get_channel_layer

from realtime.database import on_database_thread
from realtime.types import Message as LayerMessage

from . import queries
from .events import message_created, room_group
from .models import Room

HEARD_AT_MOST = queries.RESUME_LIMIT  # after more, the database tells as well


class Missed(NamedTuple):
    """What somebody in a room has not seen yet."""

    seq: int  # of the room's last message
    events: list[LayerMessage]  # in order
    recovered: bool  # False: they were too many, so there are none; the client loads anew


def since_in(query_string: bytes) -> int | None:
    """The last message that the client has, or None. Raises ValueError if it is no number."""
    values = parse_qs(query_string.decode()).get("since")
    return int(values[0]) if values else None


async def missed_since(room: Room, since: int | None) -> Missed:
    seq, missed = await on_database_thread(queries.missed_since, room, since)
    return Missed(seq, [message_created(message) for message in missed or ()], missed is not None)


class Follower:
    """Somebody's place in a room: `async with Follower(room, since) as follower`.

    It gives each event once, in order and without holes. What is heard from the room's group
    is only taken where it is all; else the database is asked.
    """

    def __init__(self, room: Room, since: int | None) -> None:
        self.seq = since
        self._room = room
        self._heard: deque[LayerMessage] = deque()
        self._heard_all = False
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        # Join first and read then, so that nothing falls between.
        layer = get_channel_layer()
        self._stop = await layer.listen(room_group(self._room), self._hear, self._doubt)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop()

    async def wait(self) -> None:
        """Until there may be something to take."""
        await self._news.wait()

    async def take(self) -> Missed:
        """What has come since the last time, or since `since` at first; perhaps nothing."""
        self._news.clear()
        missed = self._take_heard() or await self._read()
        self.seq = missed.seq
        return missed

    def _take_heard(self) -> Missed | None:
        """None if something is missing."""
        if self.seq is None or not self._heard_all:
            return None
        new = {event["seq"]: event for event in self._heard if event["seq"] > self.seq}
        self._heard.clear()
        last = self.seq + len(new)
        if new and max(new) != last:
            return None
        return Missed(last, [new[seq] for seq in sorted(new)], recovered=True)

    async def _read(self) -> Missed:
        self._heard.clear()
        self._heard_all = True  # unless that changes while the database is asked
        return await missed_since(self._room, self.seq)

    def _hear(self, event: LayerMessage) -> None:
        if len(self._heard) < HEARD_AT_MOST:
            self._heard.append(event)
            self._news.set()
        else:
            self._doubt()

    def _doubt(self) -> None:
        """Something may have got lost on the way here, but not in the database."""
        self._heard_all = False
        self._news.set()
