"""Links by which people come into private rooms."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Invitation, Membership, Room
from realtime.errors import CommandError

from .members import tell_joined
from .numbers import change_room, lock_room
from .permissions import room_of_moderator

VALID_FOR = timedelta(days=7)


@transaction.atomic
def invitation_create(*, user: User, room_id: int) -> Invitation:
    """Owners may, and staff."""
    room = room_of_moderator(user, room_id)
    if room.kind != Room.Kind.PRIVATE or room.archived_at is not None:
        raise CommandError("bad_command", _("Nobody can be invited into this room."))
    room.invitations.filter(expires_at__lte=timezone.now()).delete()
    expires_at = timezone.now() + VALID_FOR
    return Invitation.objects.create(room=room, created_by=user, expires_at=expires_at)


@transaction.atomic
def invitation_take_back(*, user: User, room_id: int, pk: int) -> None:
    """Owners may, and staff. Who has joined by it stays."""
    room_of_moderator(user, room_id).invitations.filter(pk=pk).delete()


@transaction.atomic
def invitation_accept(*, user: User, token: str) -> Room:
    """Join. Raises Invitation.DoesNotExist if the link is not valid any more."""
    found = valid_invitation(token)
    room = lock_room(found.room_id)
    valid_invitation(token)  # which its owner may just have taken back
    defaults = {"read_seq": room.seq}
    if Membership.objects.get_or_create(room=room, user=user, defaults=defaults)[1]:
        change_room(room)  # by which its feeds learn who may be there
        tell_joined(room, [user])
    return room


def valid_invitation(token: str) -> Invitation:
    """Raises Invitation.DoesNotExist."""
    if "\0" in token:  # which PostgreSQL does not compare
        raise Invitation.DoesNotExist
    valid = Invitation.objects.filter(expires_at__gt=timezone.now(), room__archived_at=None)
    return valid.select_related("room", "created_by").get(token=token)
