"""The worker's ends of the channels, and the socket that hears of its tasks."""

from uuid import UUID

from django.utils.translation import gettext as _

from realtime.commands import Command, CommandConsumer, CommandError, handles
from realtime.database import on_database_thread
from realtime.envelope import Encoded
from realtime.mixins import UserMixin
from realtime.types import Message, Receive, Scope, Send

from . import services
from .events import owner_group
from .models import TaskState


async def wake(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the channel `tasks`: each message says that a task may be ready."""
    while True:
        await receive()
        scope["pool"].wake()


class TaskCancel(Command, tag="task.cancel"):
    task: UUID


class TasksConsumer(UserMixin, CommandConsumer):
    """Tells a user's browser of that user's tasks, and cancels them."""

    async def connect(self) -> None:
        await self.listen(owner_group(self.user.pk))
        await self.accept()

    @handles(TaskCancel)
    async def task_cancel(self, command: TaskCancel) -> None:
        if not await on_database_thread(self._cancel, command.task):
            raise CommandError("not_found", _("You have no such task."))

    def _cancel(self, task: UUID) -> bool:
        found = TaskState.objects.filter(pk=task, owner=self.user).exists()
        if found:
            services.task_cancel(task)
        return found

    async def layer_reconnected(self, event: Message) -> None:
        """Events may have been lost on their way here; what the page shows is read anew."""
        await self.send_value({"type": "task.missed"})

    async def task_event(self, event: Message) -> None:
        await self.send(text_data=Encoded(event["text"]))
