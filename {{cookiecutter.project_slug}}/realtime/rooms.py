"""Consumers that pass on what their clients say, and store nothing of it."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Annotated, Any, ClassVar

import msgspec
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from . import close_codes
from .commands import Command, CommandConsumer, CommandError, encode_error, handles
from .consumer import SocketConsumer
from .envelope import Encoded, encode_json
from .groups import Group, group_name
from .listeners import Stop
from .types import Message

logger = logging.getLogger(__name__)

type RoomName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class GroupConsumer(SocketConsumer):
    """All on the same route hear what each of them sends, the sender included.

    Nothing is stored, and what is on its way when Redis goes is lost.

    `group_name` is a format string over the keywords of the route, such as "board.{board}".
    """

    group_name: ClassVar[str]
    group: Group

    def get_group_name(self) -> str:
        """For keywords that are more than slugs and numbers, return what `group_name()` makes."""
        return self.group_name.format(**self.scope["url_route"]["kwargs"])

    async def connect(self) -> None:
        try:
            self.group = Group(self.get_group_name(), self.channel_layer_alias)
        except ValueError:
            await self.refuse(close_codes.BAD_REQUEST, "There can be no group of this name.")
            return
        await self.listen(self.group.name)
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Override it to pass on less, or something else, by `broadcast()`."""
        try:
            await self.broadcast(text_data, bytes_data)
        except CommandError as error:
            await self.send(text_data=encode_error(text_data or "", error))

    async def broadcast(self, text: str | None = None, data: bytes | None = None) -> None:
        event = {"type": "group.event", "text": text, "bytes": data, "json": _is_json(text)}
        await _published(self.group.apost(event))

    async def group_event(self, event: Message) -> None:
        text = Encoded(event["text"]) if event["json"] else event["text"]
        await self.send(text_data=text, bytes_data=event["bytes"])


def group_message(value: object) -> Message:
    """A value that GroupConsumer's clients hear as JSON, encoded once for all of them."""
    return {"type": "group.event", "text": str(encode_json(value)), "bytes": None, "json": True}


class RoomJoin(Command, tag="room.join"):
    room: RoomName


class RoomLeave(Command, tag="room.leave"):
    room: RoomName


class RoomSend(Command, tag="room.send"):
    rooms: Annotated[list[RoomName], msgspec.Meta(min_length=1, max_length=100)]
    data: msgspec.Raw


class RoomConsumer(CommandConsumer):
    """One connection in many rooms: `room.join`, `room.leave`, and `room.send` to some of them.

    What is sent to a room comes as `room.message` to all who are in it, the sender included.
    """

    room_kind: ClassVar[str] = "room"  # consumers of different kinds have rooms of their own
    max_rooms: ClassVar[int] = 100  # for one connection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms: dict[str, Stop] = {}

    @classmethod
    def room_group(cls, room: str) -> Group:
        """Whom to send a `room_message()`, from a view or a task for instance."""
        return Group(group_name(cls.room_kind, room), cls.channel_layer_alias)

    async def may_join(self, room: str) -> bool:
        return True

    async def may_send(self, room: str) -> bool:
        return room in self.rooms

    @handles(RoomJoin)
    async def room_join(self, command: RoomJoin) -> None:
        if command.room in self.rooms:
            return
        if not await self.may_join(command.room):
            raise CommandError(
                "not_allowed", _("You may not join %(room)r.") % {"room": command.room}
            )
        if len(self.rooms) >= self.max_rooms:
            raise CommandError("too_many_rooms", _("You are in too many rooms."))
        self.rooms[command.room] = await self.listen(self.room_group(command.room).name)

    @handles(RoomLeave)
    async def room_leave(self, command: RoomLeave) -> None:
        stop = self.rooms.pop(command.room, None)
        if stop is not None:
            stop()

    @handles(RoomSend)
    async def room_send(self, command: RoomSend) -> None:
        """Sends to all of the rooms, or to none where one is not allowed."""
        rooms = list(dict.fromkeys(command.rooms))
        for room in rooms:
            if not await self.may_send(room):
                raise CommandError(
                    "not_allowed", _("You may not send to %(room)r.") % {"room": room}
                )
        messages = [(self.room_group(room), room_message(room, command.data)) for room in rooms]
        await _published(asyncio.gather(*(group.asend(message) for group, message in messages)))

    async def room_event(self, event: Message) -> None:
        if event["room"] in self.rooms:  # it may have waited until the client had left
            await self.send(text_data=Encoded(event["text"]))


def room_message(room: str, data: object) -> Message:
    """What RoomConsumer's clients hear as a `room.message`, encoded once for all of them."""
    text = encode_json({"type": "room.message", "room": room, "data": data})
    return {"type": "room.event", "room": room, "text": str(text)}


async def _published(sending: Awaitable[object]) -> None:
    try:
        await sending
    except (RedisError, OSError) as error:
        logger.warning("Not passed on: %s", error)
        raise CommandError("unavailable", _("This could not be passed on."), 1) from None


def _is_json(text: str | None) -> bool:
    try:
        msgspec.json.decode(text or "")
    except (ValueError, RecursionError):
        return False
    return True
