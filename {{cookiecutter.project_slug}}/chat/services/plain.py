"""The usual case: messages into one room that refer to nothing, in two queries, or three."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chat.models import Membership, Message, Room

if TYPE_CHECKING:
    from .drafts import Draft

# Locks the room and takes the numbers, if it is in use.
TAKE_NUMBERS = """
UPDATE chat_room SET seq = seq + %s
WHERE id = %s AND archived_at IS NULL
RETURNING seq, kind
"""


class _UnusualError(Exception):
    pass


def store_plain(drafts: "Sequence[Draft]") -> list[Message] | None:
    """Store the drafts, or none of them where something is unusual about one."""
    room_id = drafts[0].room_id
    if not all(draft.room_id == room_id and draft.is_plain for draft in drafts):
        return None
    try:
        with transaction.atomic():
            last = _take_numbers(drafts)
            messages = [
                Message(
                    room_id=room_id,
                    author=draft.author,
                    seq=seq,
                    client_id=draft.client_id,
                    kind=draft.kind,
                    body=draft.body,
                    created_at=timezone.now(),
                )
                for seq, draft in enumerate(drafts, last - len(drafts) + 1)
            ]
            return Message.objects.bulk_create(messages)
    except (_UnusualError, IntegrityError):  # the latter, if one had been stored before
        return None


def _take_numbers(drafts: "Sequence[Draft]") -> int:
    room_id = drafts[0].room_id
    with connection.cursor() as cursor:
        cursor.execute(TAKE_NUMBERS, [len(drafts), room_id])
        row = cursor.fetchone()
    if row is None:
        raise _UnusualError
    last, kind = row
    if kind != Room.Kind.OPEN:
        authors = {draft.author.pk for draft in drafts}
        # Asked under the lock: who is removed at this moment is not there any more.
        if Membership.objects.filter(room=room_id, user__in=authors).count() < len(authors):
            raise _UnusualError
    return int(last)
