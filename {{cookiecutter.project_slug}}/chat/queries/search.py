"""Finding what was said. Newest first: a rank would have to read all there is to find."""

from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import User
from chat import search_index
from chat.models import Message, Room
from chat.search import Search

from .rooms import visible_rooms, with_others

FOUND = 20  # messages on a page

POSTGRESQL = """
SELECT id FROM chat_message
WHERE to_tsvector('simple', body) @@ to_tsquery('simple', %s) AND deleted_at IS NULL
AND room_id IN ({rooms}) AND id < %s ORDER BY id DESC LIMIT %s
"""
FTS5 = """
SELECT found.rowid FROM chat_message_search found
CROSS JOIN chat_message message ON message.id = found.rowid
WHERE chat_message_search MATCH %s AND message.deleted_at IS NULL
AND message.room_id IN ({rooms}) AND found.rowid < %s ORDER BY found.rowid DESC LIMIT %s
"""
NEWEST = 2**63 - 1


class Found(NamedTuple):
    """Messages, newest first; `before` is where the next ones begin, if there are more."""

    messages: list[Message]
    before: int | None


def search_messages(
    user: User, search: Search, *, room: Room | None = None, before: int | None = None
) -> Found:
    """What this user may see of what was said, in all rooms or in one of theirs."""
    if not search:
        return Found([], None)
    rooms = visible_rooms(user) if room is None else visible_rooms(user).filter(pk=room.pk)
    ids = _ids(search, rooms, NEWEST if before is None else before)
    shown = ids[:FOUND]
    found = Message.objects.order_by().select_related("author", "room").in_bulk(shown)
    messages = [found[pk] for pk in shown if pk in found]
    with_others([message.room for message in messages], user)
    return Found(messages, shown[-1] if len(ids) > FOUND else None)


def _ids(search: Search, rooms: "QuerySet[Room]", before: int) -> list[int]:
    """Those to show and one more."""
    if not search_index.is_there(connection):
        return list(_plain(search, rooms, before).values_list("pk", flat=True)[: FOUND + 1])
    text = search.as_tsquery() if connection.vendor == "postgresql" else search.as_fts5()
    of_rooms, parameters = rooms.order_by().values("pk").query.sql_with_params()
    sql = (POSTGRESQL if connection.vendor == "postgresql" else FTS5).format(rooms=of_rooms)
    with connection.cursor() as cursor:
        cursor.execute(sql, [text, *parameters, before, FOUND + 1])
        return [row[0] for row in cursor.fetchall()]


def _plain(search: Search, rooms: "QuerySet[Room]", before: int) -> "QuerySet[Message]":
    """What contains all that is wanted, also inside of words."""
    matches = Q()
    for term in search.terms:
        contains = Q(body__icontains=term.text)
        matches &= ~contains if term.without else contains
    messages = Message.objects.filter(matches, room__in=rooms, deleted_at=None, pk__lt=before)
    return messages.order_by("-pk")
