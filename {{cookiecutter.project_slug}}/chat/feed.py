"""One room's events in this process: in order, each once, and the last ones kept.

Whoever listens gets each event as the text that goes to the client. What the channel layer loses
is found in the database: when a number is missing, when the layer says that it may have lost
something, and when the room's number there is another (chat/feeds.py looks every few seconds).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from channels.layers import get_channel_layer
from django.db import DatabaseError

from realtime.database import on_database_thread
from realtime.listeners import Stop
from realtime.types import Message as LayerMessage

from . import queries
from .events import requoted, room_group
from .models import Room
from .presence import Presence
from .queries import RoomState

KEPT = queries.RESUME_LIMIT
REORDER_SECONDS = 0.2  # in which an event may still come that others have overtaken
AGAIN_SECONDS = 1.0  # after the database failed
REFRESH_SECONDS = 5.0

logger = logging.getLogger(__name__)

type Hear = Callable[[LayerMessage], None]


class Missed(NamedTuple):
    """What somebody in a room has not seen yet."""

    seq: int  # of the room's last event
    events: list[LayerMessage]  # in order
    recovered: bool  # False: there are too many, so here is none, and the client loads anew


class Feed:
    """`hear` of those who listen gets messages of these types:

    - `room.event`, with `seq` and `text`: the next event
    - `room.signal`, with `text`: something without a number
    - `room.caught_up`, with `seq`: numbers up to here that did not come are nobody's
    - `room.reset`: the numbers went back, so everybody loads the room anew
    - `room.access`: who may be in the room has changed; ask `admits()`
    - `room.gone`: it was deleted
    """

    def __init__(self, room_id: int) -> None:
        self.room_id = room_id
        self.room: RoomState
        self.seq = -1  # so nothing is taken before it has been read once
        self.is_gone = False
        self._has_started = False
        self._kept: deque[LayerMessage] = deque(maxlen=KEPT)
        self._early: dict[int, LayerMessage] = {}
        self.presence = Presence(room_group(room_id), self._tell)
        self._hearing: dict[object, Hear] = {}
        self._stop: Stop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._read_again = False

    async def start(self) -> None:
        """Join first and read then, so that nothing falls between."""
        self._stop = await get_channel_layer().listen(
            room_group(self.room_id).name, self._on_message, self.read
        )
        self.room, events = await on_database_thread(queries.room_events, self.room_id, None)
        self._kept.extend(events)
        self.seq = self.room.seq
        self._has_started = True
        self._take_early()
        if self._early or self._read_again:
            self.read()

    def stop(self) -> None:
        self.presence.stop()
        if self._stop is not None:
            self._stop()
        if self._timer is not None:
            self._timer.cancel()
        if self._reading is not None:
            self._reading.cancel()

    def admits(self, user: Any) -> bool:
        return self.room.members is None or user.pk in self.room.members

    def add(self, hear: Hear) -> Stop:
        """Hear what comes from now on, until what this returns is called."""
        key = object()
        self._hearing[key] = hear

        def stop() -> None:
            self._hearing.pop(key, None)

        return stop

    def missed_since(self, since: int | None, epoch: str | None = None) -> Missed:
        """What came after `since`, from memory. Without it, or at the last number: nothing."""
        if since is None or (since == self.seq and epoch in (None, self.room.epoch)):
            return Missed(self.seq, [], recovered=True)
        if epoch not in (None, self.room.epoch) or not self._first - 1 <= since <= self.seq:
            return Missed(self.seq, [], recovered=False)
        events = [event for event in self._kept if event["seq"] > since]
        return Missed(self.seq, events, recovered=True)

    @property
    def _first(self) -> int:
        """The first number of which this knows; those that are missing after it are nobody's."""
        return max(self.seq - KEPT, 0) + 1

    # What comes from the layer

    def _on_message(self, message: LayerMessage) -> None:
        if message["type"] == "room.presence":
            self.presence.hear(message)
            return
        if message["type"] != "room.event":
            self._tell(message)
            return
        seq = message["seq"]
        if seq <= self.seq:
            return
        self._early[seq] = message
        self._take_early()
        if self._early:
            self._look_later(seq)

    def _take_early(self) -> None:
        while (event := self._early.pop(self.seq + 1, None)) is not None:
            self._take(event)
        for seq in [seq for seq in self._early if seq <= self.seq]:
            del self._early[seq]

    def _take(self, event: LayerMessage) -> None:
        self.seq = event["seq"]
        self._keep(event)
        self._tell(event)
        if event["message"] is None:
            self.read()  # the room itself changed

    def _keep(self, event: LayerMessage) -> None:
        """Forget what was said before of the same message, which may have been deleted."""
        if event["message"] != event["seq"]:  # else the message is new
            kept = [one for one in self._kept if one["message"] != event["message"]]
            self._kept = deque((requoted(one, event) for one in kept), maxlen=KEPT)
        self._kept.append(event)

    def _look_later(self, seq: int) -> None:
        """Read, unless by then all up to this number has come."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(REORDER_SECONDS, self._look_for_missing, seq)

    def _look_for_missing(self, seq: int) -> None:
        self._timer = None
        if self._early or self.seq < seq:
            self.read()

    # What comes from the database

    def compare(self, found: tuple[int, str] | None, known: int) -> None:
        """With its number and epoch there. `known` was the number here when it was asked."""
        if found is None or found[1] != self.room.epoch or found[0] < known:
            self.read()
        elif found[0] > self.seq:  # which may be on its way
            self._look_later(found[0])

    def read(self) -> None:
        """Soon, take from the database what is missing here."""
        if self._reading is None and self._has_started:
            self._reading = asyncio.get_running_loop().create_task(self._read())
        else:
            self._read_again = True

    async def refresh(self) -> None:
        """Return when the room was read once more. Raises TimeoutError."""
        self.read()
        async with asyncio.timeout(REFRESH_SECONDS):
            while self._reading is not None:
                await asyncio.shield(self._reading)

    async def _read(self) -> None:
        try:
            while True:
                self._read_again = False
                known = self.seq
                try:
                    found = await on_database_thread(
                        queries.room_events, self.room_id, known, self.room.epoch
                    )
                except Room.DoesNotExist:
                    self.is_gone = True
                    self._tell({"type": "room.gone"})
                    return
                except DatabaseError as error:
                    logger.warning("Room %s cannot be read: %s", self.room_id, error)
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                self._take_read(known, *found)
                if not self._read_again:
                    return
        finally:
            self._reading = None

    def _take_read(self, known: int, room: RoomState, events: list[LayerMessage]) -> None:
        """`known` was the number here when the database was asked: more may have come since."""
        before, self.room = self.room, room
        if room.epoch != before.epoch or room.seq < known:
            self._kept.clear()
            self._early.clear()
            self._kept.extend(events)
            self.seq = room.seq
            self._tell({"type": "room.reset"})
        else:
            for event in events:
                if event["seq"] > self.seq:
                    self.seq = event["seq"]
                    self._keep(event)
                    self._tell(event)
            if room.seq > self.seq or events:
                self.seq = max(room.seq, self.seq)
                self._tell({"type": "room.caught_up", "seq": self.seq})
            self._take_early()
        if room.members != before.members:
            self._tell({"type": "room.access"})

    def _tell(self, message: LayerMessage) -> None:
        for hear in list(self._hearing.values()):
            try:
                hear(message)
            except Exception:
                logger.exception("Somebody who listens to room %s failed.", self.room_id)
