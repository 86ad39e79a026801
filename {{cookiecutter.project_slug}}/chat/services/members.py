"""Who is in a room, and up to where they have read."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat.events import inbox_event, user_group
from chat.models import Membership, Mention, Room
from realtime.errors import CommandError

from .numbers import change_room, lock_room, tell, tell_all
from .permissions import room_of_moderator


class Read(NamedTuple):
    user_id: Any
    room_id: int
    seq: int


@transaction.atomic
def mark_read(reads: Iterable[Read]) -> None:
    """Note how far people have read, and tell their other tabs. It never goes back."""
    rooms = Room.objects.in_bulk({read.room_id for read in reads})
    for user_id, room_id, claimed in sorted(reads):  # in an order, or two could wait in a circle
        room = rooms.get(room_id)
        if room is None:
            continue
        seq = max(0, min(claimed, room.seq))
        behind = Membership.objects.filter(user=user_id, room=room_id, read_seq__lt=seq)
        if behind.update(read_seq=seq):
            tell(user_group(user_id), inbox_event("room.read", room=room.slug, seq=seq))


def mentions_seen(*, user: User, slug: str) -> None:
    """Nobody needs to tell this user any more of the mentions in a room."""
    Mention.objects.filter(user=user, seen=False, message__room__slug=slug).update(seen=True)


def room_enter(*, user: User, room: Room) -> None:
    """Become a member of an open room, with its first visit; it is read from here on."""
    if room.kind == Room.Kind.OPEN:
        defaults = {"read_seq": room.seq}
        if Membership.objects.get_or_create(room=room, user=user, defaults=defaults)[1]:
            tell_joined(room, [user])


@transaction.atomic
def member_remove(*, user: User, room_id: int, member_id: Any) -> None:
    """Take somebody out of a private room, and off its streams. Owners may, and staff.

    It also takes back all invitations.
    """
    room = room_of_moderator(user, room_id)
    if room.kind == Room.Kind.OPEN:
        raise CommandError("bad_command", _("This room is open to everybody."))
    room.invitations.all().delete()  # or they could come back by the same link
    _remove(room, room.memberships.filter(user=member_id).first())


@transaction.atomic
def room_leave(*, user: User, room_id: int) -> None:
    """Of a direct room, nobody can leave. The last owner's place goes to the oldest member."""
    room = lock_room(room_id)
    if room.kind == Room.Kind.DIRECT:
        raise CommandError("bad_command", _("Nobody can leave a direct room."))
    _remove(room, room.memberships.filter(user=user).first())


def tell_joined(room: Room, users: Iterable[User]) -> None:
    """Their inboxes begin to hear the room."""
    event = {**inbox_event("inbox.room_added", room=room.slug), "type": "inbox.joined"}
    event |= {"room": room.slug, "room_id": room.pk}
    tell_all([(user_group(user.pk), event) for user in users])


def _remove(room: Room, membership: Membership | None) -> None:
    if membership is None:
        return
    # In the order of mark_read(), so that the two cannot wait for each other.
    list(room.memberships.select_for_update().order_by("user"))
    membership.delete()
    owners = room.memberships.filter(role=Membership.Role.OWNER)
    heir = room.memberships.order_by("joined_at", "pk").first()
    if membership.role == Membership.Role.OWNER and heir is not None and not owners.exists():
        heir.role = Membership.Role.OWNER
        heir.save(update_fields=["role"])
    Mention.objects.filter(user=membership.user_id, message__room=room).update(seen=True)
    if room.kind != Room.Kind.OPEN:
        change_room(room)  # by which its feeds learn who may still be there
    event = {**inbox_event("inbox.room_removed", room=room.slug), "type": "inbox.left"}
    tell(user_group(membership.user_id), {**event, "room_id": room.pk})
