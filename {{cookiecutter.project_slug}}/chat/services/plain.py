"""The usual case: messages into one room that refer to nothing, in two queries."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chat.models import Message

if TYPE_CHECKING:
    from .drafts import Draft

# Locks the room and takes the numbers, if it is in use and all the authors may be in it.
TAKE_NUMBERS = """
UPDATE chat_room SET seq = seq + %s
WHERE id = %s AND archived_at IS NULL AND (
    kind = 'open' OR %s = (
        SELECT COUNT(*) FROM chat_membership
        WHERE room_id = chat_room.id AND user_id IN ({authors})
    )
)
RETURNING seq
"""


def store_plain(drafts: "Sequence[Draft]") -> list[Message] | None:
    """Store the drafts, or none of them where something is unusual about one."""
    room_id = drafts[0].room_id
    if not all(draft.room_id == room_id and draft.is_plain for draft in drafts):
        return None
    try:
        with transaction.atomic():
            last = _take_numbers(drafts)
            if last is None:
                return None
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
    except IntegrityError:  # one of them had been stored before
        return None


def _take_numbers(drafts: "Sequence[Draft]") -> int | None:
    authors = {draft.author.pk for draft in drafts}
    sql = TAKE_NUMBERS.format(authors=", ".join(["%s"] * len(authors)))
    with connection.cursor() as cursor:
        cursor.execute(sql, [len(drafts), drafts[0].room_id, len(authors), *authors])
        row = cursor.fetchone()
    return row[0] if row else None
