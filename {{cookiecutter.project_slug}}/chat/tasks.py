"""What the chat leaves to the worker."""

from django.tasks import task

from . import queries


@task
def room_statistics(*, room_id: int, owner_id: int) -> dict[str, object]:
    """Count a room's messages and authors. `owner_id` is the user who hears the result."""
    return queries.room_statistics(room_id)
