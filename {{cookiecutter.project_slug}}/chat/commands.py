"""What people may do in a room: a struct and a handler for each. chat/README.md lists them."""

import time
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override
from msgspec import Meta

from accounts.models import User
from accounts.services import user_rename
from realtime.commands import Answer, Command, CommandConsumer, CommandError, handles
from realtime.database import on_database_thread
from realtime.mixins import UserMixin

from . import queries, reading, services, writer
from .events import room_group, signal
from .feed import Feed
from .models import Attachment, Message, Room
from .services import Draft

TYPING_SECONDS = 2.0  # between two notices that the same person types

# Not printable by themselves: Persian and emoji of several parts are written with them.
JOINERS = str.maketrans("", "", "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
NO_NUL = Meta(pattern=r"\A[^\0]*\Z")  # which PostgreSQL neither stores nor looks for

type Body = Annotated[str, Meta(max_length=Message.BODY_MAX_LENGTH), NO_NUL]
type Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]  # which every database can look for


class MessageSend(Command, tag="message.send"):
    client_id: UUID
    body: Body
    reply_to: Number | None = None
    attachments: Annotated[list[UUID], Meta(max_length=Attachment.AT_MOST)] = []


class MessageEdit(Command, tag="message.edit"):
    message: Number
    body: Body


class MessageDelete(Command, tag="message.delete"):
    message: Number


class MessageReact(Command, tag="message.react"):
    message: Number
    emoji: Annotated[str, Meta(min_length=1, max_length=32), NO_NUL]
    on: bool


class RoomRead(Command, tag="room.read"):
    """Everything up to here was seen."""

    seq: Number


class TypingStart(Command, tag="typing.start"):
    pass


class PeopleFind(Command, tag="people.find"):
    """Who could be meant by the beginning of a name."""

    query: Annotated[str, Meta(max_length=User.NAME_MAX_LENGTH), NO_NUL]


class RoomCommands(UserMixin, CommandConsumer):
    """Asks of its subclass that `feed` is that of a room in which the user may be."""

    feed: Feed
    _typing_at = -TYPING_SECONDS

    @property
    def room_id(self) -> int:
        return self.feed.room_id

    # Those that begin with a slash

    @handles(MessageSend, body=r"/help\s*")
    async def help(self, command: MessageSend) -> Answer:
        lines = [
            _("/me waves: say what you do"),
            _("/name Ann: be called that from now on"),
            _("/topic Tea: say what this room is about"),
            _("//: a message that begins with a slash"),
            _("@bot help: ask the bot"),
        ]
        return {"notice": "\n".join(lines)}

    @handles(MessageSend, body=r"(?s)/me\s+(?P<body>\S.*)")
    async def me(self, command: MessageSend, body: str) -> Answer:
        return await self._send(command, body, Message.Kind.ACTION)

    @handles(MessageSend, body=r"/name(\s+(?P<name>\S(?:.*\S)?))?\s*")
    async def name(self, command: MessageSend, name: str = "") -> Answer:
        visible = name.translate(JOINERS).strip()
        blank = name != "" and visible == ""
        if blank or len(name) > User.NAME_MAX_LENGTH or not visible.isprintable():
            raise CommandError("bad_command", _("This name is too long, or cannot be shown."))
        await on_database_thread(user_rename, user=self.user, name=name)
        with override(settings.LANGUAGE_CODE):  # since everybody in the room reads it
            text = _("is called %(name)s now") % {"name": self.user.shown_name}
        return await self._send(command, text, Message.Kind.ACTION)

    @handles(MessageSend, body=r"/topic(\s+(?P<topic>\S(?:.*\S)?))?\s*")
    async def topic(self, command: MessageSend, topic: str = "") -> Answer:
        if len(topic) > Room.TOPIC_MAX_LENGTH:
            raise CommandError("bad_command", _("This topic is too long."))
        change = services.room_set_topic
        await on_database_thread(change, user=self.user, room_id=self.room_id, topic=topic)
        with override(settings.LANGUAGE_CODE):
            text = _("changed the topic: %(topic)s") % {"topic": topic or "-"}
        return await self._send(command, text, Message.Kind.ACTION)

    @handles(MessageSend, body=r"(?s)/(?P<name>[a-z]+)(\s.*)?")
    async def unknown(self, command: MessageSend, name: str) -> Answer:
        text = _("There is no command /%(name)s. Type /help for those there are.")
        raise CommandError("unknown_command", text % {"name": name})

    # Messages

    @handles(MessageSend)
    async def message_send(self, command: MessageSend) -> Answer:
        body = command.body
        return await self._send(command, body.removeprefix("/") if body[:2] == "//" else body)

    async def _send(
        self, command: MessageSend, body: str, kind: Message.Kind = Message.Kind.TEXT
    ) -> Answer:
        draft = Draft(
            author=self.user,
            room_id=self.room_id,
            body=body,
            client_id=command.client_id,
            kind=kind,
            reply_to=command.reply_to,
            attachments=command.attachments,
            in_open_room=self.feed.room.members is None,
        )
        return self._stored(draft)

    async def _stored(self, draft: Draft) -> Mapping[str, object]:
        """Awaited while the next commands are handled, so that one batch can have several."""
        message = await writer.send(draft)
        return {"seq": message.seq}

    @handles(MessageEdit)
    async def message_edit(self, command: MessageEdit) -> None:
        await on_database_thread(
            services.message_edit,
            user=self.user,
            room_id=self.room_id,
            seq=command.message,
            body=command.body,
        )

    @handles(MessageDelete)
    async def message_delete(self, command: MessageDelete) -> None:
        await on_database_thread(
            services.message_delete, user=self.user, room_id=self.room_id, seq=command.message
        )

    @handles(MessageReact)
    async def message_react(self, command: MessageReact) -> None:
        await on_database_thread(
            services.message_react,
            user=self.user,
            room_id=self.room_id,
            seq=command.message,
            emoji=command.emoji,
            on=command.on,
        )

    # What is not said

    @handles(RoomRead)
    async def room_read(self, command: RoomRead) -> None:
        await reading.mark(self.user, self.room_id, command.seq)

    @handles(TypingStart)
    async def typing_start(self, command: TypingStart) -> None:
        now = time.monotonic()
        if now - self._typing_at >= TYPING_SECONDS:
            self._typing_at = now
            user = self.user
            event = signal("typing", author=user.username, name=user.shown_name)
            await room_group(self.room_id).apost(event)

    @handles(PeopleFind)
    async def people_find(self, command: PeopleFind) -> Answer:
        find = queries.people_to_mention
        return {"people": await on_database_thread(find, self.room_id, command.query)}
