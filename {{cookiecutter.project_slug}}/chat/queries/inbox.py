"""What inboxes read, for many people at once: a server that restarts gets all of them back."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from chat.models import Membership, Mention, Message

from .unread import unread_messages


class Counted(NamedTuple):
    """A room as somebody has left it."""

    room: str  # its slug
    seq: int  # of its last message
    read_seq: int
    unread: int
    mentioned: bool


def rooms_of(users: Collection[Any]) -> dict[Any, dict[int, str]]:
    """For each user the rooms that they are in, and their slugs."""
    found: dict[Any, dict[int, str]] = {user: {} for user in users}
    rows = Membership.objects.filter(user__in=found)
    for user, room_id, slug in rows.values_list("user", "room", "room__slug"):
        found[user][room_id] = slug
    return found


def counts_of(users: Collection[Any]) -> dict[Any, list[Counted]]:
    """For each user what is new in the rooms that they are in."""
    found: dict[Any, list[Counted]] = {user: [] for user in users}
    mentions = Mention.objects.filter(
        user=OuterRef("user"), seen=False, message__room=OuterRef("room")
    )
    unread = unread_messages(
        user=OuterRef("user"), room=OuterRef("room"), since=OuterRef("read_seq")
    )
    last = Message.objects.filter(room=OuterRef("room"), deleted_at=None).order_by("-seq")
    rows = Membership.objects.filter(user__in=found).annotate(
        seq=Coalesce(Subquery(last.values("seq")[:1]), 0),
        unread=unread,
        mentioned=Exists(mentions),
    )
    for row in rows.values_list("user", "room__slug", "seq", "read_seq", "unread", "mentioned"):
        found[row[0]].append(Counted(*row[1:]))
    return found
