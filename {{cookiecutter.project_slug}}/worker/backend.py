"""The task backend: a row in the database, and a message that wakes a worker at once."""

from functools import partial

from asgiref.sync import sync_to_async
from django.db import transaction
from django.tasks import DEFAULT_TASK_QUEUE_NAME, Task
from django_tasks_db.backend import DatabaseBackend, TaskResult

from realtime.groups import Channel

from .best_effort import send_if_possible
from .task import DurableTask

TASKS = "tasks"  # the channel of the default queue


def channel_of(queue: str) -> str:
    """The channel on which the workers of a queue are woken."""
    return TASKS if queue == DEFAULT_TASK_QUEUE_NAME else f"{TASKS}-{queue}"


def queue_of(channel: str) -> str | None:
    """The queue whose workers are woken on a channel, if it is one of those."""
    if channel == TASKS:
        return DEFAULT_TASK_QUEUE_NAME
    return channel.removeprefix(f"{TASKS}-") if channel.startswith(f"{TASKS}-") else None


class ChannelsBackend(DatabaseBackend):
    """django-tasks-db's backend, whose rows the workers of Channels hear of on commit.

    The row is the task and the message only a wake-up: where one is lost, the workers
    find the row within seconds.
    """

    task_class = DurableTask

    def enqueue[**P, T](
        self,
        task: Task[P, T],
        args: P.args,  # type: ignore[valid-type]
        kwargs: P.kwargs,  # type: ignore[valid-type]
    ) -> TaskResult[P, T]:
        from .events import tell_owner  # apps may not be loaded when tasks are defined
        from .models import TaskState

        with transaction.atomic():
            result: TaskResult[P, T] = super().enqueue(task, args, kwargs)
            owner_id = getattr(task, "owner_id", None)
            state = TaskState.objects.create(result=result.db_result, owner_id=owner_id)
        transaction.on_commit(partial(tell_owner, state))
        transaction.on_commit(partial(wake_worker, task.queue_name))
        return result

    async def aenqueue[**P, T](
        self,
        task: Task[P, T],
        args: P.args,  # type: ignore[valid-type]
        kwargs: P.kwargs,  # type: ignore[valid-type]
    ) -> TaskResult[P, T]:
        # Through a thread, since on_commit belongs to the connection that writes.
        return await sync_to_async(self.enqueue)(task, args, kwargs)


def wake_worker(queue: str) -> None:
    """Have a worker look at once. Without Redis it looks a little later, so that is no error."""
    wake = {"type": "tasks.wake", "once": True}
    send_if_possible(Channel(channel_of(queue), alias="queue"), wake)
