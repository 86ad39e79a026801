import secrets

from django.db import transaction

from accounts.models import User
from chat.models import Membership, Room

from .members import tell_joined


@transaction.atomic
def direct_room(*, user: User, other: User) -> Room:
    """The room of these two, created by whoever is the first to ask for it."""
    if user == other:
        raise ValueError("Nobody has a direct room alone.")
    slug = f"direct-{secrets.token_hex(8)}"
    room, created = Room.objects.get_or_create(
        direct_key=direct_key(user, other), defaults={"kind": Room.Kind.DIRECT, "slug": slug}
    )
    if created:
        Membership.objects.bulk_create(Membership(room=room, user=one) for one in (user, other))
        tell_joined(room, [user, other])
    return room


def direct_key(user: User, other: User) -> str:
    """The same for both of them."""
    return "-".join(str(pk) for pk in sorted([user.pk, other.pk]))
