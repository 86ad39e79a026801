import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.events import room_group
from chat.models import Message, Reaction, Room
from realtime.errors import CommandError

from .attachments import attachment_delete
from .drafts import Draft, may_be_said, write
from .mentions import store_mentions
from .numbers import change_message, tell
from .permissions import moderates, room_of_member

REACTIONS_AT_MOST = 20  # kinds of them, under one message


@transaction.atomic
def message_send(
    *,
    author: User,
    room: Room,
    body: str,
    client_id: uuid.UUID | None = None,
    kind: str = Message.Kind.TEXT,
    reply_to: int | None = None,
    attachments: Sequence[uuid.UUID] = (),
) -> Message:
    """Store a message and tell the room. A repeated `client_id` gives the first message back.

    Raises CommandError if the author may not write there. Sockets write by chat/writer.py.
    """
    draft = Draft(
        author=author,
        room_id=room.pk,
        body=body,
        client_id=client_id or uuid.uuid4(),
        kind=kind,
        reply_to=reply_to,
        attachments=attachments,
    )
    [written] = write([draft])
    if isinstance(written.outcome, Exception):
        raise written.outcome
    if written.event is not None:
        tell(room_group(room.pk), written.event)
    return written.outcome


def message_edit(*, user: User, room_id: int, seq: int, body: str) -> None:
    """Authors may. Raises CommandError."""
    if not may_be_said(body, with_files=False):
        raise CommandError("bad_command", _("A message needs some text."))
    with transaction.atomic():
        locked, message = _locked(user, room_id, seq)
        if message.author_id != user.pk:
            raise CommandError("not_allowed", _("Only its author may edit a message."))
        if message.body == body:
            return
        message.body, message.edited_at = body, timezone.now()
        message.save(update_fields=["body", "edited_at"])
        store_mentions([message])
        change_message(locked, message)


def message_delete(*, user: User, room_id: int, seq: int) -> None:
    """Leaves a tombstone. Authors may, the room's owner and the site's staff."""
    with transaction.atomic():
        locked, message = _locked(user, room_id, seq)
        if message.author_id != user.pk and not moderates(user, locked):
            raise CommandError("not_allowed", _("You may not delete this message."))
        message.body, message.deleted_at = "", timezone.now()
        message.save(update_fields=["body", "deleted_at"])
        message.reactions.all().delete()
        message.mentions.all().delete()
        for attachment in message.attachments.all():
            attachment_delete(attachment)
        change_message(locked, message)


def message_react(*, user: User, room_id: int, seq: int, emoji: str, on: bool) -> None:
    """Put an emoji under a message, or take it away. To do either twice is to do it once."""
    if emoji.isascii() or any(character.isalpha() for character in emoji):
        raise CommandError("bad_command", _("This is no emoji."))
    with transaction.atomic():
        locked, message = _locked(user, room_id, seq)
        if on:
            kinds = set(message.reactions.values_list("emoji", flat=True))
            if emoji not in kinds and len(kinds) >= REACTIONS_AT_MOST:
                raise CommandError("too_many", _("There are enough kinds of reactions here."))
            found = Reaction.objects.get_or_create(message=message, user=user, emoji=emoji)
            changed = found[1]
        else:
            changed = bool(message.reactions.filter(user=user, emoji=emoji).delete()[0])
        if changed:
            change_message(locked, message)


def _locked(user: User, room_id: int, seq: int) -> tuple[Room, Message]:
    """Raises CommandError if there is no such message to change, or not for this user."""
    locked = room_of_member(user, room_id)
    message = locked.messages.filter(seq=seq, deleted_at=None).first()
    if message is None:
        raise CommandError("not_found", _("This message has gone."))
    return locked, message
