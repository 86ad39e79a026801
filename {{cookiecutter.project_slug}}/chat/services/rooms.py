"""Rooms: to create, name and archive them."""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from chat.events import everybody_group, inbox_event
from chat.models import Membership, Room

from .members import tell_joined
from .numbers import change_room, tell
from .permissions import room_of_member, room_of_moderator


@transaction.atomic
def room_create(
    *, name: str, owner: User | None = None, kind: Room.Kind = Room.Kind.OPEN, topic: str = ""
) -> Room:
    """Create a room under an address of its own. Raises IntegrityError if the name is taken."""
    room = _create(name=name, kind=kind, topic=topic)
    if owner is not None:
        Membership.objects.create(room=room, user=owner, role=Membership.Role.OWNER)
        tell_joined(room, [owner])
    if room.kind == Room.Kind.OPEN:
        tell(everybody_group(), inbox_event("inbox.room_added", room=room.slug))
    return room


@transaction.atomic
def room_rename(*, user: User, room_id: int, name: str) -> None:
    """Owners may, and staff. The address stays. Raises IntegrityError if the name is taken."""
    room = room_of_moderator(user, room_id)
    if room.name != name:
        room.name = name
        with transaction.atomic():
            room.save(update_fields=["name"])
        _changed(room)


@transaction.atomic
def room_set_topic(*, user: User, room_id: int, topic: str) -> None:
    """Say what a room is about. Whoever is in it may."""
    room = room_of_member(user, room_id)
    if room.topic != topic:
        room.topic = topic
        room.save(update_fields=["topic"])
        change_room(room)


@transaction.atomic
def room_archive(*, user: User, room_id: int, archived: bool) -> None:
    """Let a room be read, and no more, or be used again. Owners may, and staff."""
    room = room_of_moderator(user, room_id)
    if archived != (room.archived_at is not None):
        room.archived_at = timezone.now() if archived else None
        room.save(update_fields=["archived_at"])
        _changed(room)


def _create(*, name: str, kind: Room.Kind, topic: str) -> Room:
    base = slugify(name)[:60] or "room"
    # Nobody learns from an address of their own that a closed room has the same name.
    slug = base if kind == Room.Kind.OPEN else _unguessable(base)
    while True:
        if not Room.objects.filter(slug=slug).exists():
            try:
                with transaction.atomic():
                    return Room.objects.create(name=name, slug=slug, kind=kind, topic=topic)
            except IntegrityError:  # it may be the address that somebody took meanwhile
                if kind == Room.Kind.OPEN and Room.objects.filter(kind=kind, name=name).exists():
                    raise
        slug = _unguessable(base)


def _unguessable(base: str) -> str:
    return f"{base}-{uuid.uuid4().hex[:8]}"


def _changed(room: Room) -> None:
    """Tell those in the room, and where it is open those who only see it in their lists."""
    change_room(room)
    if room.kind == Room.Kind.OPEN:
        fields = {"name": room.name, "archived": room.archived_at is not None}
        tell(everybody_group(), inbox_event("inbox.room_changed", room=room.slug, **fields))
