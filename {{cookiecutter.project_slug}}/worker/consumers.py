"""The worker's two ends: the channel that wakes it, and the socket that hears of its results."""

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async

from realtime import close_codes
from realtime.commands import CommandConsumer
from realtime.envelope import Encoded
from realtime.types import Message

from .events import owner_group
from .runner import run_ready_tasks


class TaskWorker(AsyncConsumer):  # type: ignore[misc]
    """Answers the channel `tasks`, in `manage.py runworker` or in the serving process."""

    async def tasks_wake(self, message: Message) -> None:
        # A thread of its own: a long task must not hold up what else this process does.
        await database_sync_to_async(run_ready_tasks, thread_sensitive=False)()


class TasksConsumer(CommandConsumer):
    """Tells a user's browser of that user's tasks."""

    group: str | None = None

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.refuse(close_codes.NOT_SIGNED_IN, "Please sign in.")
            return
        self.group = owner_group(user.pk)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.group is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def task_event(self, event: Message) -> None:
        await self.send(text_data=Encoded(event["text"]))
