"""Reads that are more than a line."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.tasks import TaskResultStatus

from accounts.models import User

from .context import Cancelled
from .models import TaskState

UNDER_WAY = 100  # tasks on the page, of those that wait or run
ENDED = 50

type State = Literal["waiting", "running", "stopping", "finished", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownTask:
    """What the page shows of a task. static/js/task.js makes the same of an event."""

    id: UUID
    name: str
    state: State
    percent: int | None  # None: nobody knows how much there is to do
    note: str
    attempts: int
    error: str
    result: str
    at: datetime


def tasks_of(owner: User) -> tuple[list[ShownTask], list[ShownTask]]:
    """Those under way, what runs before what waits, and those that have ended; newest first."""
    tasks = TaskState.objects.filter(owner=owner).select_related("result")
    tasks = tasks.defer("result__args_kwargs", "result__traceback")
    under_way = tasks.filter(result__finished_at__isnull=True)
    under_way = under_way.order_by("-result__status", "-result__enqueued_at")  # RUNNING, READY
    ended = tasks.filter(result__finished_at__isnull=False).order_by("-result__finished_at")
    return [_shown(state) for state in under_way[:UNDER_WAY]], [
        _shown(state) for state in ended[:ENDED]
    ]


def _shown(task: TaskState) -> ShownTask:
    row = task.result
    return ShownTask(
        id=row.id,
        name=row.task_path.rpartition(".")[2].replace("_", " "),  # it may be gone by now
        state=_state(task),
        percent=_percent(task.done, task.total),
        note=task.note,
        attempts=task.attempts,
        error=row.exception_class_path.rpartition(".")[2],
        result=row.return_value if isinstance(row.return_value, str) else "",
        at=row.finished_at or row.started_at or row.enqueued_at,
    )


def _state(task: TaskState) -> State:
    match task.result.status:
        case TaskResultStatus.READY:
            return "waiting"
        case TaskResultStatus.RUNNING:
            return "stopping" if task.cancel_requested else "running"
        case TaskResultStatus.SUCCESSFUL:
            return "finished"
    is_cancelled = task.result.exception_class_path.endswith(f".{Cancelled.__name__}")
    return "cancelled" if is_cancelled else "failed"


def _percent(done: float | None, total: float | None) -> int | None:
    if done is None or not total or not math.isfinite(done / total):
        return None
    return max(0, min(int(100 * done / total), 100))
