"""What the chat leaves to the worker."""

from worker.task import task

from . import queries


@task
def room_statistics(*, room_id: int) -> dict[str, object]:
    """Count a room's messages and authors."""
    return queries.room_statistics(room_id)
