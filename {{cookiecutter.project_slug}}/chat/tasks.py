"""What the chat leaves to the worker."""

from django.db.models import Count
from django.tasks import task

from .models import Message


@task
def room_statistics(*, room_id: int, owner_id: int) -> dict[str, object]:
    """Count a room's messages and authors. `owner_id` is the user who hears the result."""
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
