from django.db.models import Count

from chat.models import Message


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
