"""Reads that are more than a line."""

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from .models import Message, Room

HISTORY = 50  # messages on a freshly opened page
RESUME_LIMIT = 200  # missed messages that a returning client is sent; after more it must reload


def rooms_with_last_message() -> list[Room]:
    """All rooms, each with `last_message` (None in an empty room), in two queries."""
    newest = Message.objects.filter(room=OuterRef("pk")).order_by("-seq").values("pk")[:1]
    rooms = Room.objects.prefetch_related(
        Prefetch(
            "messages",
            queryset=Message.objects.filter(
                pk__in=Room.objects.annotate(newest=Subquery(newest)).values("newest")
            ).select_related("author"),
            to_attr="newest_messages",
        )
    )
    for room in rooms:
        room.last_message = next(iter(room.newest_messages), None)
    return list(rooms)


def room_history(room: Room) -> list[Message]:
    """The newest messages of a room, oldest first."""
    newest = room.messages.select_related("author").order_by("-seq")[:HISTORY]
    return list(reversed(newest))


def messages_between(room: Room, after: int, last: int) -> QuerySet[Message]:
    """The messages with `after` < `seq` <= `last`, oldest first."""
    missed = room.messages.filter(seq__gt=after, seq__lte=last)
    return missed.select_related("author").order_by("seq")
