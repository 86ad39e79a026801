"""Who may do what to a room. Each of these raises CommandError, and locks the room."""

from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Membership, Room
from realtime.errors import CommandError

from .numbers import lock_room


def room_of_member(user: User, room_id: int) -> Room:
    """A room that is in use and in which the user may be."""
    room = lock_room(room_id)
    if room.archived_at is not None:
        raise CommandError("archived", _("This room is archived."))
    if room.kind != Room.Kind.OPEN and not room.memberships.filter(user=user).exists():
        raise CommandError("not_allowed", _("You are not in this room."))
    return room


def room_of_moderator(user: User, room_id: int) -> Room:
    """A room that the user looks after. It may be archived."""
    room = lock_room(room_id)
    if not moderates(user, room):
        raise CommandError("not_allowed", _("Only its owner may do that."))
    return room


def moderates(user: User, room: Room) -> bool:
    """Its owners do, and the site's staff where they may be; nobody in a direct room."""
    if room.kind == Room.Kind.DIRECT:
        return False
    mine = room.memberships.filter(user=user).first()
    is_owner = mine is not None and mine.role == Membership.Role.OWNER
    return is_owner or (user.is_staff and (mine is not None or room.kind == Room.Kind.OPEN))
