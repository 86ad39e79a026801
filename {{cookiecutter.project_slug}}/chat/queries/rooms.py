"""Which rooms there are for somebody, and what there is to see of them from outside."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from chat.models import Membership, Mention, Message, Room

from .unread import unread_messages


class RoomList(NamedTuple):
    """Somebody's rooms, where something was said last first."""

    rooms: list[Room]
    direct: list[Room]
    archived: list[Room]

    @property
    def recent(self) -> list[Room]:
        """Those in use."""
        return sorted([*self.rooms, *self.direct], key=_said_at, reverse=True)

    @property
    def by_name(self) -> list[Room]:
        """For a place where people look for a room, and not for news."""
        return sorted(self.rooms, key=lambda room: room.name.casefold())


def visible_rooms(user: User) -> "QuerySet[Room]":
    """Those that are open, and those that this user is in. The others are not there for them."""
    mine = FilteredRelation("memberships", condition=Q(memberships__user=user.pk))
    visible = Q(kind=Room.Kind.OPEN) | Q(mine_is__isnull=False)
    return Room.objects.annotate(mine_is=mine).filter(visible)


def room_for(user: User, slug: str) -> Room:
    """With `mine`, and `other` where it is a direct one.

    Raises Room.DoesNotExist also where there is one, but not for this user.
    """
    room = visible_rooms(user).get(slug=slug)
    room.mine = room.memberships.filter(user=user).first()
    with_others([room], user)
    return room


def direct_room_of(user: User, other: User) -> Room | None:
    both = Room.objects.filter(kind=Room.Kind.DIRECT, memberships__user=user)
    return both.filter(members=other).first()


def room_to_enter(user: User, slug: str) -> Room | None:
    """The room of that address, else the one in which most happens."""
    rooms = visible_rooms(user).filter(archived_at=None)
    open_first = rooms.filter(kind=Room.Kind.OPEN).order_by("-seq")
    return rooms.filter(slug=slug).first() or open_first.first() or rooms.first()


def room_list(user: User) -> RoomList:
    """All rooms for somebody, with unread messages and the last one, in at most three queries."""
    since = Subquery(Membership.objects.filter(room=OuterRef("pk"), user=user).values("read_seq"))
    mentions = Mention.objects.filter(user=user, seen=False, message__room=OuterRef("pk"))
    rooms = list(
        visible_rooms(user).annotate(
            read_seq=since,
            counted=unread_messages(user=user.pk, room=OuterRef("pk"), since=OuterRef("read_seq")),
            named=Exists(mentions),
            newest=Subquery(_said(OuterRef("pk")).values("pk")[:1]),
        )
    )
    for room in rooms:
        room.unread, room.mentioned = room.counted, room.named
    _add_last_messages(rooms)
    with_others([room for room in rooms if room.is_direct], user)
    rooms.sort(key=_said_at, reverse=True)
    current = [room for room in rooms if room.archived_at is None]
    return RoomList(
        rooms=[room for room in current if not room.is_direct],
        direct=[room for room in current if room.is_direct],
        archived=[room for room in rooms if room.archived_at is not None],
    )


def _said(room: OuterRef) -> "QuerySet[Message]":
    return Message.objects.filter(room=room, deleted_at=None).order_by("-seq")


def _said_at(room: Room) -> tuple[object, int]:
    return (room.last_message.created_at if room.last_message else room.created_at, room.pk)


def _add_last_messages(rooms: Sequence[Room]) -> None:
    newest = [room.newest for room in rooms if room.newest is not None]  # type: ignore[attr-defined]
    messages = Message.objects.select_related("author").in_bulk(newest)
    for room in rooms:
        room.last_message = messages.get(room.newest)  # type: ignore[attr-defined]


def with_others(rooms: Sequence[Room], user: User) -> None:
    direct = [room.pk for room in rooms if room.is_direct]
    others = Membership.objects.filter(room__in=direct).exclude(user=user)
    by_room = {one.room_id: one.user for one in others.select_related("user")}
    for room in rooms:
        room.other = by_room.get(room.pk)
