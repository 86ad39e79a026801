"""Running tasks: claim a row, call the function, record what came of it."""

import logging
import socket
import uuid
from typing import Any

from django.tasks import TaskContext
from django.tasks.signals import task_finished, task_started
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from .backend import ChannelsBackend
from .events import announce

type Row = DBTaskResult[..., Any]

logger = logging.getLogger(__name__)

WORKER_ID = f"{socket.gethostname()[:40]}-{uuid.uuid4().hex[:12]}"


def run_ready_tasks() -> int:
    """Run tasks until none is ready. Returns how many ran."""
    count = 0
    while (row := claim_next()) is not None:
        run(row)
        count += 1
    return count


def claim_next() -> Row | None:
    """Take the ready task of the highest priority, so that no other worker does."""
    with exclusive_transaction():
        row = DBTaskResult.objects.ready().get_locked()
        if row is not None:
            row.claim(WORKER_ID)
        return row


def run(row: Row) -> None:
    """Call a claimed task. Whatever it raises is recorded, a call of sys.exit() too."""
    try:
        result = row.task_result
        task_started.send(ChannelsBackend, task_result=result)
        args = list(result.args)
        if row.task.takes_context:
            args.insert(0, TaskContext(task_result=result))
        row.set_successful(row.task.call(*args, **result.kwargs))
    except BaseException as error:
        logger.exception("Task %s (%s) failed.", row.id, row.task_path)
        row.set_failed(error)
    else:
        logger.info("Task %s (%s) succeeded.", row.id, row.task_path)
    _tell(row)


def _tell(row: Row) -> None:
    """Send the signal, and the result to its owner. The row is safe, so nothing here is fatal."""
    try:
        announce(row)
        task_finished.send(ChannelsBackend, task_result=row.task_result)
    except Exception:
        logger.exception("Not everybody could be told that task %s is finished.", row.id)
