"""The usual case: messages into open rooms that refer to nothing, in SQL of our own.

On PostgreSQL one statement is all there is to wait for; and to put the ORM's statements together
took longer than to run them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from chat.models import Message
from realtime.database import UNREACHABLE

if TYPE_CHECKING:
    from .drafts import Draft

# Rooms are locked in the order of their ids, so that two processes cannot wait for each other.
ON_POSTGRESQL = """
WITH draft AS (
    SELECT * FROM json_to_recordset(%s::json) AS draft (
        room_id bigint, author_id bigint, client_id uuid, kind text, body text, later int
    )
), locked AS (
    SELECT id FROM chat_room
    WHERE id IN (SELECT room_id FROM draft) AND kind = 'open' AND archived_at IS NULL
    ORDER BY id FOR UPDATE
), taken AS (
    UPDATE chat_room
    SET seq = seq + 1 + (SELECT max(later) FROM draft WHERE room_id = chat_room.id)
    FROM locked WHERE chat_room.id = locked.id
    RETURNING chat_room.id, seq
)
INSERT INTO chat_message (room_id, author_id, seq, client_id, kind, body, created_at)
SELECT room_id, author_id, seq - later, client_id, kind, body, %s
FROM draft JOIN taken ON taken.id = room_id
RETURNING id, room_id, seq
"""
TAKE_NUMBERS_ON_SQLITE = """
UPDATE chat_room SET seq = seq + 1 + draft.later
FROM (
    SELECT value ->> 'room_id' AS room_id, max(value ->> 'later') AS later
    FROM json_each(%s) GROUP BY room_id
) AS draft
WHERE chat_room.id = draft.room_id AND kind = 'open' AND archived_at IS NULL
"""
INSERT_ON_SQLITE = """
INSERT INTO chat_message (room_id, author_id, seq, client_id, kind, body, created_at)
SELECT room.id, value ->> 'author_id', seq - (value ->> 'later'), value ->> 'client_id',
    value ->> 'kind', value ->> 'body', %s
FROM json_each(%s) JOIN chat_room AS room ON room.id = value ->> 'room_id'
WHERE room.kind = 'open' AND archived_at IS NULL
RETURNING id, room_id, seq
"""

FIELDS = [field.attname for field in Message._meta.concrete_fields]

type Stored = dict[tuple[int, int], int]  # ids of messages, by their rooms and numbers


class _Row(msgspec.Struct):
    """A draft as the statements read it."""

    room_id: int
    author_id: int
    client_id: str
    kind: str
    body: str
    later: int  # how many of its room come after it


def store_plain(drafts: "Sequence[Draft]") -> list[Message | None]:
    """Store what is usual, whole rooms at a time. None for each draft that `write` must look at.

    Not to be called in a transaction. Raises what is UNREACHABLE.
    """
    rows = _rows(drafts)
    now = timezone.now()
    try:
        stored = _store([row for row in rows if row is not None], now)
    except UNREACHABLE:
        raise
    except (DatabaseError, ValueError):  # as where one of them had been stored before
        return [None] * len(drafts)
    last = dict(sorted(stored))
    messages: list[Message | None] = []
    for draft, row in zip(drafts, rows, strict=True):
        if row is None or row.room_id not in last:
            messages.append(None)
            continue
        seq = last[row.room_id] - row.later
        messages.append(_message(draft, stored[row.room_id, seq], seq, now))
    return messages


def _message(draft: "Draft", pk: int, seq: int, now: datetime) -> Message:
    """As if it had been loaded, for a quarter of what the keywords of a model cost."""
    values = {
        "id": pk,
        "room_id": draft.room_id,
        "author_id": draft.author.pk,
        "seq": seq,
        "client_id": draft.client_id,
        "kind": draft.kind,
        "body": draft.body,
        "created_at": now,
    }
    message = Message.from_db(connection.alias, FIELDS, [values.get(name) for name in FIELDS])
    message._state.fields_cache["author"] = draft.author
    return message


def _rows(drafts: "Sequence[Draft]") -> list[_Row | None]:
    """None where something in the room is unusual: its messages keep their order."""
    unusual = {draft.room_id for draft in drafts if not draft.is_plain}
    later: Counter[int] = Counter()
    rows: list[_Row | None] = []
    for draft in reversed(drafts):
        room_id = draft.room_id
        if room_id in unusual:
            rows.append(None)
            continue
        client_id = draft.client_id.hex  # as SQLite has it
        row = _Row(room_id, draft.author.pk, client_id, draft.kind, draft.body, later[room_id])
        rows.append(row)
        later[room_id] += 1
    return rows[::-1]


def _store(rows: list[_Row], now: datetime) -> Stored:
    if not rows or connection.vendor not in ("postgresql", "sqlite"):
        return {}
    batch = msgspec.json.encode(rows).decode()
    created_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(ON_POSTGRESQL, [batch, created_at])
            return _stored(cursor)
        with transaction.atomic():
            cursor.execute(TAKE_NUMBERS_ON_SQLITE, [batch])
            cursor.execute(INSERT_ON_SQLITE, [created_at, batch])
            return _stored(cursor)


def _stored(cursor: Any) -> Stored:
    return {(room_id, seq): pk for pk, room_id, seq in cursor.fetchall()}
