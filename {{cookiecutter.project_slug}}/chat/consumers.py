"""The live half of a room: over a WebSocket or a stream of the multiplexer, and as events."""

from typing import Annotated
from uuid import UUID

import msgspec
from django.db import IntegrityError

from realtime import close_codes
from realtime.commands import Command, CommandConsumer, CommandError, handles
from realtime.database import on_database_thread
from realtime.envelope import Encoded
from realtime.mixins import UserMixin
from realtime.types import Message as LayerMessage

from . import services
from .events import room_group, room_joined
from .following import missed_since, since_in
from .models import Message, Room

REORDERED_AT_MOST = 20


class MessageSend(Command, tag="message.send"):
    client_id: UUID
    body: Annotated[str, msgspec.Meta(max_length=Message.BODY_MAX_LENGTH)]


class ChatConsumer(UserMixin, CommandConsumer):
    """One person in one room. `since` in the query string asks for what was missed."""

    room: Room
    resumed_to: int
    last_seq: int

    async def connect(self) -> None:
        slug = self.scope["url_route"]["kwargs"]["room"]
        room = await on_database_thread(Room.objects.filter(slug=slug).first)
        if room is None:
            await self.refuse(close_codes.NOT_FOUND, "There is no such room.")
            return
        try:
            since = since_in(self.scope["query_string"])
        except ValueError:
            await self.refuse(close_codes.BAD_REQUEST, "`since` is the number of a message.")
            return
        self.room = room
        await self.accept()
        # Join first and read then, so that nothing falls between; `room_event` drops doubles.
        await self.listen(room_group(room))
        await self._resume(since)

    async def layer_reconnected(self, event: LayerMessage) -> None:
        """Events may have been lost on their way here, but not in the database.

        The last ones may have come out of order, so send some of them again: clients drop doubles.
        """
        await self._resume(max(self.resumed_to, self.last_seq - REORDERED_AT_MOST))

    async def _resume(self, since: int | None) -> None:
        """Send what was missed since `since`; too much, and the client must reload."""
        missed = await missed_since(self.room, since)
        self.resumed_to = self.last_seq = missed.seq
        for event in missed.events:
            await self.send(text_data=Encoded(event["text"]))
        await self.send(text_data=room_joined(missed.seq, recovered=missed.recovered))

    @handles(MessageSend)
    async def message_send(self, command: MessageSend) -> dict[str, object]:
        if not command.body.strip() or "\0" in command.body:  # which PostgreSQL cannot store
            raise CommandError("bad_command", "A message needs some text, without NUL characters.")
        try:
            message = await on_database_thread(
                services.message_send,
                author=self.user,
                room=self.room,
                body=command.body,
                client_id=command.client_id,
            )
        except IntegrityError as error:
            raise CommandError(
                "bad_command", "This `client_id` is of another room, or the room has gone."
            ) from error
        return {"seq": message.seq}

    async def room_event(self, event: LayerMessage) -> None:
        """Forward what the room's group hears, unless it was sent on resuming.

        Events of one room may come out of order, from several processes; clients go by `seq`.
        """
        if event["seq"] > self.resumed_to:
            self.last_seq = max(self.last_seq, event["seq"])
            await self.send(text_data=Encoded(event["text"]))
