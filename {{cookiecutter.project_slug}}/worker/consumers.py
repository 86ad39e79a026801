"""The worker's two ends: the channel that wakes it, and the socket that hears of its results."""

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async

from realtime.commands import CommandConsumer
from realtime.envelope import Encoded
from realtime.mixins import UserMixin
from realtime.types import Message

from .events import owner_group
from .runner import run_ready_tasks


class TaskWorker(AsyncConsumer):  # type: ignore[misc]
    """Answers the channel `tasks`, in `manage.py runworker` or in the serving process."""

    async def tasks_wake(self, message: Message) -> None:
        # A thread of its own: a long task must not hold up what else this process does.
        await database_sync_to_async(run_ready_tasks, thread_sensitive=False)()


class TasksConsumer(UserMixin, CommandConsumer):
    """Tells a user's browser of that user's tasks."""

    async def connect(self) -> None:
        await self.listen(owner_group(self.user.pk))
        await self.accept()

    async def task_event(self, event: Message) -> None:
        await self.send(text_data=Encoded(event["text"]))
