"""What the worker tells the browsers of a task's owner."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from typing import Any

from django.tasks import TaskResultStatus

from realtime.envelope import encode_json
from realtime.groups import Group, group_name

from .best_effort import send_if_possible
from .models import TaskState

QUEUE_LENGTH = 1000  # what is told beyond is lost; a page that is loaded anew shows it

TYPES = {
    TaskResultStatus.READY: "task.waiting",
    TaskResultStatus.RUNNING: "task.started",
    TaskResultStatus.SUCCESSFUL: "task.finished",
    TaskResultStatus.FAILED: "task.finished",
}

logger = logging.getLogger(__name__)


def owner_group(user_id: object) -> str:
    """The group of a user's own tasks."""
    return group_name("tasks", user_id)


def task_event(state: TaskState, kind: str | None = None) -> dict[str, Any]:
    """What the stream `tasks` says of a task. `error` is the class of what the task raised."""
    row = state.result
    return {
        "type": kind or TYPES[TaskResultStatus(row.status)],
        "task": row.id,
        "name": row.task_path.rpartition(".")[2],  # not what it names, which may be gone
        "status": row.status,
        "attempt": state.attempts,
        "done": state.done,
        "total": state.total,
        "note": state.note,
        "result": row.return_value,
        "error": row.exception_class_path.rpartition(".")[2],
    }


def tell_owner(state: TaskState) -> None:
    """For what people do; the worker itself has an Announcer."""
    if state.owner_id is None:
        return
    text = str(encode_json(task_event(state)))
    send_if_possible(Group(owner_group(state.owner_id)), {"type": "task.event", "text": text})


class Announcer:
    """Tells owners one after another, so that no task waits for Redis."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(QUEUE_LENGTH)
        self._layer_is_away = False

    def tell(self, state: TaskState, kind: str | None = None) -> None:
        if state.owner_id is not None:
            text = encode_json(task_event(state, kind))
            with contextlib.suppress(asyncio.QueueFull):
                self._queue.put_nowait((owner_group(state.owner_id), str(text)))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        task = asyncio.create_task(self._run())
        try:
            yield
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._queue.join()
        finally:
            task.cancel()

    async def _run(self) -> None:
        while True:
            group, text = await self._queue.get()
            try:
                await Group(group).apost({"type": "task.event", "text": text})
                self._layer_is_away = False
            except Exception as error:
                if not self._layer_is_away:
                    logger.warning("The owners of tasks cannot be told: %r", error)
                self._layer_is_away = True
            finally:
                self._queue.task_done()
