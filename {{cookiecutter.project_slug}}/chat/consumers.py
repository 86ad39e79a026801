"""The live half of a room: over a WebSocket or a stream of the multiplexer, and as events."""

from django.utils.translation import gettext as _

from realtime import close_codes
from realtime.envelope import Encoded
from realtime.types import Message as LayerMessage

from .commands import RoomCommands
from .events import presence_list, room_joined
from .feeds import NotAdmittedError, Place, feeds
from .following import Since


class ChatConsumer(RoomCommands):
    """One person in one room. `since` and `epoch` in the query string ask for what was missed.

    First comes what was missed, then `room.joined`, then what happens. The commands are in
    chat/commands.py.
    """

    place: Place | None = None  # from the beginning, unless the connection is refused

    async def connect(self) -> None:
        slug = self.scope["url_route"]["kwargs"]["room"]
        try:
            since = Since.of(self.scope["query_string"])
            self.place = await feeds().join(slug, self.user, self._hear)
        except ValueError:
            await self.refuse(close_codes.BAD_REQUEST, "`since` is the number of an event.")
            return
        except NotAdmittedError as error:
            await self.refuse(error.code, str(error))
            return
        self.feed = self.place.feed
        await self.accept()
        await self._resume(since)

    async def disconnect(self, code: int) -> None:
        if self.place is not None:
            self.place.leave()

    async def _resume(self, since: Since) -> None:
        """What the feed tells from now on waits for its turn, which is after this."""
        missed = self.feed.missed_since(*since)
        self.joined_at = missed.seq
        for event in missed.events:
            await self.send(text_data=Encoded(event["text"]))
        await self._say_joined(missed.seq, recovered=missed.recovered)
        await self.send(text_data=presence_list(self.feed.presence.people))

    async def _say_joined(self, seq: int, *, recovered: bool) -> None:
        await self.send(text_data=room_joined(seq, self.feed.room.epoch, recovered=recovered))

    # What the feed tells: see chat/feed.py

    async def room_event(self, event: LayerMessage) -> None:
        if event["seq"] > self.joined_at:  # else it came with what was missed
            await self.send(text_data=Encoded(event["text"]))

    async def room_signal(self, event: LayerMessage) -> None:
        await self.send(text_data=Encoded(event["text"]))

    async def room_caught_up(self, event: LayerMessage) -> None:
        await self._say_joined(event["seq"], recovered=True)

    async def room_reset(self, event: LayerMessage) -> None:
        self.joined_at = 0
        await self._say_joined(self.feed.seq, recovered=False)

    async def room_access(self, event: LayerMessage) -> None:
        if not self.feed.admits(self.user):
            await self.close(close_codes.REMOVED, _("You were removed from this room."))

    async def room_gone(self, event: LayerMessage) -> None:
        await self.close(close_codes.NOT_FOUND, _("There is no such room."))
