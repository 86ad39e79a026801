from django.db.models import Q, QuerySet

from accounts.models import User
from chat.models import Room

PEOPLE_AT_MOST = 8  # suggested at once
PEOPLE_LISTED = 50  # on a page


def people_to_mention(room_id: int, query: str) -> list[dict[str, str]]:
    """Whose names begin like that: members of a closed room, anybody in an open one."""
    people = User.objects.filter(is_active=True)
    if Room.objects.exclude(kind=Room.Kind.OPEN).filter(pk=room_id).exists():
        people = people.filter(memberships__room=room_id)
    if query:
        people = people.filter(Q(username__istartswith=query) | Q(name__istartswith=query))
    found = people.order_by("username").values_list("username", "name")[:PEOPLE_AT_MOST]
    return [{"author": username, "name": name or username} for username, name in found]


def people_to_write_to(user: User, query: str) -> "QuerySet[User]":
    """The first ones whose names contain that."""
    people = User.objects.filter(is_active=True).exclude(pk=user.pk)
    if query:
        people = people.filter(Q(username__icontains=query) | Q(name__icontains=query))
    return people.order_by("username")[:PEOPLE_LISTED]
