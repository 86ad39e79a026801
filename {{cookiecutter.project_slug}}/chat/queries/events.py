"""What a room's feed reads."""

from collections.abc import Collection
from operator import itemgetter
from typing import Any, NamedTuple

from chat.events import message_changed, message_created, room_changed
from chat.models import Message, Room
from chat.shown import with_details
from realtime.types import Message as LayerMessage

RESUME_LIMIT = 200  # missed events that a returning client is sent; after more it loads anew


class RoomState(NamedTuple):
    """What a feed knows of its room."""

    id: int
    slug: str
    name: str
    topic: str
    kind: str
    epoch: str
    seq: int
    archived: bool
    members: frozenset[Any] | None  # their primary keys; None: everybody may be in it


def room_id(slug: str) -> int | None:
    return Room.objects.filter(slug=slug).values_list("pk", flat=True).first()


def room_numbers(ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """The `seq` and the `epoch` of each room."""
    rows = Room.objects.filter(pk__in=ids).values_list("pk", "seq", "epoch")
    return {pk: (seq, epoch) for pk, seq, epoch in rows}


def room_events(
    room_id: int, since: int | None, epoch: str | None = None
) -> tuple[RoomState, list[LayerMessage]]:
    """A room and its events after `since`, in order.

    They are the last ones, as many as a feed keeps, where there are more, and without `since` or
    with one of another epoch. Raises Room.DoesNotExist.
    """
    room = Room.objects.get(pk=room_id)
    if since is None or epoch != room.epoch or since > room.seq:
        since = 0
    since = max(since, room.seq - RESUME_LIMIT)
    events = [*_created(room, since), *_changed(room, since)] if since < room.seq else []
    events.sort(key=itemgetter("seq"))
    return _state(room), events


def _created(room: Room, since: int) -> list[LayerMessage]:
    messages = room.messages.filter(seq__gt=since, seq__lte=room.seq)
    return [message_created(message) for message in with_details(messages)]


def _changed(room: Room, since: int) -> list[LayerMessage]:
    changes = list(room.changes.filter(seq__gt=since, seq__lte=room.seq))
    ids = {change.message_id for change in changes if change.message_id is not None}
    messages = with_details(Message.objects.filter(pk__in=ids)).in_bulk() if ids else {}
    return [
        room_changed(room, change.seq)
        if change.message_id is None
        else message_changed(messages[change.message_id], change.seq)
        for change in changes
    ]


def _state(room: Room) -> RoomState:
    members = None
    if room.kind != Room.Kind.OPEN:
        members = frozenset(room.memberships.values_list("user", flat=True))
    return RoomState(
        room.pk,
        room.slug,
        room.name,
        room.topic,
        room.kind,
        room.epoch,
        room.seq,
        room.archived_at is not None,
        members,
    )
