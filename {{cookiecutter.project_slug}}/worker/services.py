"""What people may do about tasks."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from .backend import wake_worker
from .context import Cancelled
from .events import tell_owner
from .models import TaskState

type Row = DBTaskResult[..., Any]


def task_cancel(task_id: UUID | str) -> None:
    """Ask a task to stop. One that waits is over at once, one that runs hears of it in seconds."""
    # Not in one transaction, which could lock in another order than a worker's.
    TaskState.objects.filter(result__id=task_id).update(cancel_requested=True)
    # In this order: a worker that claims it meanwhile sees the request.
    waiting = DBTaskResult.objects.filter(pk=task_id, status=TaskResultStatus.READY)
    path = f"{Cancelled.__module__}.{Cancelled.__qualname__}"
    if waiting.update(
        status=TaskResultStatus.FAILED, finished_at=timezone.now(), exception_class_path=path
    ):
        _tell(task_id)


def task_retry(task_id: UUID | str) -> None:
    """Run a failed task again, with as many attempts as a new one. Any other is left as it is."""
    with transaction.atomic():
        failed = DBTaskResult.objects.filter(pk=task_id, status=TaskResultStatus.FAILED)
        row = failed.select_for_update().first()
        if row is None:
            return
        row.status, row.finished_at, row.run_after = TaskResultStatus.READY, None, Now()
        row.save(update_fields=["status", "finished_at", "run_after"])
        fresh = {"attempts": 0, "cancel_requested": False, "done": None, "total": None, "note": ""}
        TaskState.objects.update_or_create(result=row, defaults=fresh)
        transaction.on_commit(partial(wake_worker, row.queue_name))
        transaction.on_commit(partial(_tell, task_id))


def task_discard(task_id: UUID | str) -> None:
    """Forget a task that failed. Any other is left as it is."""
    DBTaskResult.objects.filter(pk=task_id, status=TaskResultStatus.FAILED).delete()


def _tell(task_id: UUID | str) -> None:
    state = TaskState.objects.select_related("result").filter(result__id=task_id).first()
    if state is not None:
        tell_owner(state)
