"""One person's rooms from outside: what is new in them, in all their tabs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Annotated, Any

import msgspec

from realtime.batches import Batches
from realtime.commands import Command, CommandConsumer, handles
from realtime.database import on_database_thread
from realtime.envelope import Encoded
from realtime.listeners import Stop
from realtime.mixins import UserMixin
from realtime.types import Message as LayerMessage

from . import queries, services
from .commands import NO_NUL
from .events import everybody_group, room_group, user_group
from .shown import QUOTE_LENGTH

FRAME_SECONDS = 1.0  # between two frames about what is new
LARGEST_BATCH = 200
FLUSH: LayerMessage = {"type": "inbox.flush"}


class MentionsSeen(Command, tag="mentions.seen"):
    """Of those in a room."""

    room: Annotated[str, NO_NUL]


class Heard(msgspec.Struct):
    """What is of interest here of a room's event."""

    type: str
    seq: int
    author: str = ""
    name: str = ""
    body: str = ""
    created_at: str = ""
    archived: bool = False


# One process has many inboxes, and they all hear the same text.
_heard = lru_cache(256)(msgspec.json.Decoder(Heard).decode)


@dataclass(slots=True)
class News:
    """What happened in a room since the last frame."""

    new: int = 0  # messages of others
    last: Heard | None = None
    changed: Heard | None = None  # the room itself


class InboxConsumer(UserMixin, CommandConsumer):
    """First `inbox.rooms`, then what happens: see chat/README.md."""

    _timer: asyncio.TimerHandle | None = None  # there, too, where the connection is refused

    async def connect(self) -> None:
        self._slugs: dict[int, str] = {}
        self._stop_of: dict[int, Stop] = {}
        self._news: dict[int, News] = {}
        self._missed = False
        self._next_frame = 0.0  # of the loop's clock
        await self.accept()
        await self.listen(user_group(self.user.pk).name)
        await self.listen(everybody_group().name)
        rooms = await _rooms.result_of(self.user.pk)
        await asyncio.gather(*(self._hear_room(pk, slug) for pk, slug in rooms.items()))
        counts = await _counts.result_of(self.user.pk)  # now that nothing is missed
        await self.send_value({"type": "inbox.rooms", "rooms": [one._asdict() for one in counts]})

    async def disconnect(self, code: int) -> None:
        if self._timer is not None:
            self._timer.cancel()

    @handles(MentionsSeen)
    async def mentions_seen(self, command: MentionsSeen) -> None:
        await on_database_thread(services.mentions_seen, user=self.user, slug=command.room)

    async def _hear_room(self, room_id: int, slug: str) -> None:
        if room_id not in self._slugs:
            self._slugs[room_id] = slug
            hear = partial(self._note, room_id)
            self._stop_of[room_id] = await self.listen(room_group(room_id).name, hear)

    # What the services tell

    async def inbox_event(self, event: LayerMessage) -> None:
        await self.send(text_data=Encoded(event["text"]))

    async def inbox_joined(self, event: LayerMessage) -> None:
        await self._hear_room(event["room_id"], event["room"])
        await self.inbox_event(event)

    async def inbox_left(self, event: LayerMessage) -> None:
        self._leave(event["room_id"])
        await self.inbox_event(event)

    def _leave(self, room_id: int) -> None:
        self._slugs.pop(room_id, None)
        self._news.pop(room_id, None)
        stop = self._stop_of.pop(room_id, None)
        if stop is not None:
            stop()

    # What happens in the rooms is noted at once, and told a little later

    def _note(self, room_id: int, message: LayerMessage) -> None:
        if message["type"] != "room.event":
            return
        heard = _heard(message["text"])
        news = self._news.setdefault(room_id, News())
        if heard.type == "message.created":
            news.new += heard.author != self.user.username
            news.last = heard if news.last is None or heard.seq > news.last.seq else news.last
        elif heard.type == "room.changed" and heard.name:  # a direct room has none
            news.changed = heard
        else:
            return
        self._flush_soon()

    def layer_reconnected(self, event: LayerMessage) -> None:
        """Heard for each of the rooms, and told once."""
        self._missed = True
        self._flush_soon()

    async def _reread(self) -> None:
        """Hear the rooms in which this user is by now: who told of that was not heard."""
        rooms = await _rooms.result_of(self.user.pk)
        for room_id in self._slugs.keys() - rooms.keys():
            self._leave(room_id)
        for room_id, slug in rooms.items():
            await self._hear_room(room_id, slug)

    def _flush_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._next_frame, self._hear, FLUSH)

    async def inbox_flush(self, event: LayerMessage) -> None:
        self._timer = None
        self._next_frame = asyncio.get_running_loop().time() + FRAME_SECONDS
        missed, self._missed = self._missed, False
        if missed:
            await self._reread()
        news, self._news = self._news, {}
        if missed:
            await self.send_value({"type": "inbox.missed"})
        heard = {room_id: (one.new, one.last) for room_id, one in news.items() if one.last}
        active = [self._activity(room_id, *one) for room_id, one in heard.items()]
        if active:
            await self.send_value({"type": "inbox.activity", "rooms": active})
        for room_id, one in news.items():
            if one.changed is not None:
                await self.send_value(self._change(room_id, one.changed))

    def _activity(self, room_id: int, new: int, last: Heard) -> dict[str, object]:
        return {
            "room": self._slugs[room_id],
            "new": new,
            "seq": last.seq,
            "author": last.author,
            "name": last.name,
            "body": last.body[:QUOTE_LENGTH],
            "created_at": last.created_at,
        }

    def _change(self, room_id: int, room: Heard) -> dict[str, object]:
        fields = {"room": self._slugs[room_id], "name": room.name, "archived": room.archived}
        return {"type": "inbox.room_changed", **fields}


# All who come at the same time share the queries


async def _rooms_of(users: Sequence[Any]) -> list[dict[int, str]]:
    found = await on_database_thread(queries.rooms_of, users)
    return [found[user] for user in users]


async def _counts_of(users: Sequence[Any]) -> list[list[queries.Counted]]:
    found = await on_database_thread(queries.counts_of, users)
    return [found[user] for user in users]


_rooms = Batches(_rooms_of, LARGEST_BATCH)
_counts = Batches(_counts_of, LARGEST_BATCH)
