"""The task backend: a row in the database, and a message that wakes a worker at once."""

from asgiref.sync import sync_to_async
from django.db import transaction
from django.tasks import Task
from django_tasks_db.backend import DatabaseBackend, TaskResult

from realtime.groups import Channel


class ChannelsBackend(DatabaseBackend):
    """django-tasks-db's backend, whose rows the workers of Channels hear of on commit.

    The row is the task and the message only a wake-up: where one is lost, the workers'
    regular sweep finds the row.
    """

    def enqueue[**P, T](
        self,
        task: Task[P, T],
        args: P.args,  # type: ignore[valid-type]
        kwargs: P.kwargs,  # type: ignore[valid-type]
    ) -> TaskResult[P, T]:
        result: TaskResult[P, T] = super().enqueue(task, args, kwargs)
        # Robust: the row is safe already, so a layer that is down must not fail the caller.
        transaction.on_commit(_wake_worker, robust=True)
        return result

    async def aenqueue[**P, T](
        self,
        task: Task[P, T],
        args: P.args,  # type: ignore[valid-type]
        kwargs: P.kwargs,  # type: ignore[valid-type]
    ) -> TaskResult[P, T]:
        # Through a thread, since on_commit belongs to the connection that writes.
        return await sync_to_async(self.enqueue)(task, args, kwargs)


def _wake_worker() -> None:
    Channel("tasks", alias="queue").send({"type": "tasks.wake"})
