"""Taking a room's next number, and telling of what took it."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from chat.events import message_changed, publish, room_changed, room_group
from chat.models import Change, Message, Room
from chat.shown import with_details
from realtime.background_loop import run_from_sync
from realtime.groups import PUBLISH_SECONDS, Group
from realtime.types import Message as LayerMessage


def lock_room(room_id: int) -> Room:
    """The row lock makes the order of `seq` the order of commits, without holes."""
    return Room.objects.select_for_update().get(pk=room_id)


def change_message(room: Room, message: Message) -> None:
    """A message of a locked room has changed. In the transaction that has changed it."""
    _take(room, message)
    found = with_details(Message.objects.filter(pk=message.pk)).get()
    tell(room_group(room.pk), message_changed(found, room.seq))


def change_room(room: Room) -> None:
    """Something about a locked room has changed, or who is in it."""
    _take(room, None)
    tell(room_group(room.pk), room_changed(room, room.seq))


def tell(group: Group, event: LayerMessage) -> None:
    """Publish once this is committed. A layer that is down loses nothing: see chat/feed.py."""
    tell_all([(group, event)])


def tell_all(events: Sequence[tuple[Group, LayerMessage]]) -> None:
    """The same, at once for many."""
    if events:
        send = partial(run_from_sync, publish, PUBLISH_SECONDS, events)
        transaction.on_commit(send, robust=True)


def _take(room: Room, message: Message | None) -> None:
    room.seq += 1
    room.save(update_fields=["seq"])
    Change.objects.create(room=room, seq=room.seq, message=message)
