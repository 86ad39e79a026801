"""Storing many messages in one transaction, whatever they refer to: see also plain.py."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _  # chat/writer.py works for many people

from accounts.models import User
from chat import bot
from chat.events import message_created
from chat.models import Attachment, Membership, Message, Room
from chat.shown import with_details
from realtime.errors import CommandError
from realtime.types import Message as LayerMessage

from .mentions import store_mentions


def may_be_said(body: str, *, with_files: bool) -> bool:
    """Some text, or none where there are files; but no NUL, which PostgreSQL cannot store."""
    return "\0" not in body and (with_files or (not body.isspace() and body != ""))


@dataclass(slots=True, kw_only=True)
class Draft:
    """A message that is not stored yet."""

    author: User
    room_id: int
    body: str
    client_id: uuid.UUID = field(default_factory=uuid.uuid4)
    kind: str = Message.Kind.TEXT
    reply_to: int | None = None  # the `seq` of a message of this room
    attachments: Sequence[uuid.UUID] = ()
    in_open_room: bool = True  # as far as is known

    @property
    def is_plain(self) -> bool:
        """Everybody may send it, and it refers to no message, no file and nobody."""
        special = self.reply_to is not None or self.attachments or "@" in self.body
        usual = self.in_open_room and not special
        return usual and may_be_said(self.body, with_files=False)


@dataclass(slots=True)
class Written:
    """What became of a draft: its message, or why there is none.

    `event` is what to publish. There is none where the message had been stored before.
    """

    outcome: Message | Exception
    event: LayerMessage | None = None


def write(drafts: Sequence[Draft]) -> list[Written]:
    """Store all drafts that may be stored, in one transaction; publish nothing.

    Raises what the database raises, for all of them.
    """
    with transaction.atomic():
        batch = _Batch(drafts)
        written = [batch.place(draft) for draft in drafts]
        events = batch.store()
    for one in written:
        if isinstance(one.outcome, Message):
            one.event = events.pop(one.outcome.pk, None)
    return written


class _Batch:
    """Asks for all drafts together what each needs, under the locks of their rooms."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self._rooms = self._locked({draft.room_id for draft in drafts})
        self._known = self._sent_before(drafts)
        self._members = self._members_of(drafts)
        self._quoted = self._quoted_by(drafts)
        self._files = self._files_of(drafts)
        self._new: list[tuple[Draft, Message]] = []

    def place(self, draft: Draft) -> Written:
        """Give a draft the next number of its room, unless it is refused or was stored before."""
        known = self._known.get((draft.author.pk, draft.client_id))
        if known is not None:
            same = known.room_id == draft.room_id
            return Written(known if same else _refusal(_("This `client_id` is of another room.")))
        room = self._rooms.get(draft.room_id)
        problem = self._problem(draft, room)
        if problem is not None or room is None:
            return Written(problem or _refusal(_("The room has gone.")))
        room.seq += 1
        message = Message(
            room=room,
            author=draft.author,
            seq=room.seq,
            client_id=draft.client_id,
            kind=draft.kind,
            body=draft.body,
            reply_to=self._quoted.get((room.pk, draft.reply_to or 0)),
            created_at=timezone.now(),
        )
        self._known[draft.author.pk, draft.client_id] = message
        self._files -= {(room.pk, draft.author.pk, pk) for pk in draft.attachments}
        self._new.append((draft, message))
        return Written(message)

    def store(self) -> dict[int, LayerMessage]:
        """Returns the event for each new message."""
        messages = [message for _, message in self._new]
        if not messages:
            return {}
        Message.objects.bulk_create(messages)
        _store_numbers(messages)
        store_mentions(messages)
        for draft, message in self._new:
            if draft.attachments:
                _attach(draft, message)
        for message in messages:
            if "@" in message.body:
                bot.ask(message)
        return self._events()

    def _events(self) -> dict[int, LayerMessage]:
        rich = [
            message.pk for draft, message in self._new if draft.attachments or "@" in draft.body
        ]
        found = with_details(Message.objects.filter(pk__in=rich)).in_bulk() if rich else {}
        return {
            message.pk: message_created(found.get(message.pk, message), message.pk in found)
            for _, message in self._new
        }

    def _problem(self, draft: Draft, room: Room | None) -> Exception | None:
        if room is None:
            return None
        if room.archived_at is not None:
            return CommandError("archived", _("This room is archived."))
        if room.kind != Room.Kind.OPEN and (room.pk, draft.author.pk) not in self._members:
            return CommandError("not_allowed", _("You are not in this room."))
        if draft.reply_to is not None and (room.pk, draft.reply_to) not in self._quoted:
            return _refusal(_("The message that this replies to has gone."))
        if not may_be_said(draft.body, with_files=bool(draft.attachments)):
            return _refusal(_("A message needs some text."))
        if len(draft.attachments) > Attachment.AT_MOST:
            return _refusal(_("These are too many files for one message."))
        if not {(room.pk, draft.author.pk, pk) for pk in draft.attachments} <= self._files:
            return _refusal(_("A file of this message has gone. Please choose it again."))
        return None

    def _locked(self, ids: set[int]) -> dict[int, Room]:
        # In the order of their ids, so that two processes cannot wait for each other.
        rooms = Room.objects.select_for_update().filter(pk__in=ids).order_by("pk")
        return {room.pk: room for room in rooms}

    def _sent_before(self, drafts: Sequence[Draft]) -> dict[tuple[Any, uuid.UUID], Message]:
        authors = {draft.author.pk for draft in drafts}
        client_ids = [draft.client_id for draft in drafts]
        found = Message.objects.filter(author__in=authors, client_id__in=client_ids)
        return {(message.author_id, message.client_id): message for message in found}

    def _members_of(self, drafts: Sequence[Draft]) -> set[tuple[int, Any]]:
        closed = [pk for pk, room in self._rooms.items() if room.kind != Room.Kind.OPEN]
        if not closed:
            return set()
        authors = {draft.author.pk for draft in drafts}
        found = Membership.objects.filter(room__in=closed, user__in=authors)
        return set(found.values_list("room", "user"))

    def _files_of(self, drafts: Sequence[Draft]) -> set[tuple[int, Any, uuid.UUID]]:
        """The rooms, uploaders and ids of those that no message shows yet."""
        wanted = [pk for draft in drafts for pk in draft.attachments]
        if not wanted:
            return set()
        found = Attachment.objects.filter(pk__in=wanted, message=None)
        found = found.select_for_update().order_by("pk")  # or another message could show them
        return set(found.values_list("room", "uploader", "pk"))

    def _quoted_by(self, drafts: Sequence[Draft]) -> dict[tuple[int, int], Message]:
        wanted = {(draft.room_id, draft.reply_to) for draft in drafts if draft.reply_to is not None}
        found: dict[tuple[int, int], Message] = {}
        for room_id in {room_id for room_id, _seq in wanted}:
            seqs = [seq for room, seq in wanted if room == room_id]
            messages = Message.objects.filter(room=room_id, seq__in=seqs, deleted_at=None)
            for message in messages.select_related("author"):
                found[room_id, message.seq] = message
        return found


def _store_numbers(messages: Iterable[Message]) -> None:
    """In one query for all rooms that have as many new messages."""
    new = Counter(message.room_id for message in messages)
    for number in set(new.values()):
        ids = [room_id for room_id, count in new.items() if count == number]
        Room.objects.filter(pk__in=ids).update(seq=F("seq") + number)


def _refusal(text: Promise) -> CommandError:
    return CommandError("bad_command", text)


def _attach(draft: Draft, message: Message) -> None:
    files = Attachment.objects.filter(pk__in=draft.attachments, message=None)
    files.update(message=message)
