"""Reads that are more than a line."""

from django.db.models import Count, OuterRef, Prefetch, Subquery

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


def missed_since(room: Room, since: int | None) -> tuple[int, list[Message] | None]:
    """The room's last `seq`, and its messages after `since`, oldest first.

    Instead of them, None where they are too many, or `since` has not been written yet.
    """
    seq = Room.objects.values_list("seq", flat=True).get(pk=room.pk)
    if since is None:
        return seq, []
    if not seq - RESUME_LIMIT <= since <= seq:
        return seq, None
    missed = room.messages.filter(seq__gt=since, seq__lte=seq)
    return seq, list(missed.select_related("author").order_by("seq"))


def room_statistics(room_id: int) -> dict[str, object]:
    """How many messages and authors a room has, and who wrote most."""
    by_author = (
        Message.objects.filter(room=room_id)
        .values_list("author__username")
        .annotate(written=Count("pk"))
        .order_by("-written", "author__username")
    )
    return {
        "messages": sum(written for _, written in by_author),
        "authors": len(by_author),
        "busiest": by_author[0][0] if by_author else None,
    }
