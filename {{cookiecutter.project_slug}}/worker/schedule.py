"""Enqueueing what the table of schedules says, once however many workers look."""

import logging

from django.db import transaction
from django.db.models.functions import Now

from .models import Schedule

logger = logging.getLogger(__name__)


def enqueue_due() -> None:
    """Enqueue the tasks whose time has come, and note when it comes again.

    A time that was missed, since no worker ran, is made up for once.
    """
    due = Schedule.objects.filter(enabled=True, next_at__lte=Now()).annotate(now=Now())
    if not due.exists():  # without a lock, since it is asked all the time
        return
    with transaction.atomic():
        for schedule in due.select_for_update(skip_locked=True):
            _enqueue(schedule)
            # By the clock of the database, or a worker whose own is slow would find it due again.
            schedule.next_at = schedule.next_time(schedule.now)
            schedule.save(update_fields=["next_at"])


def _enqueue(schedule: Schedule) -> None:
    try:
        with transaction.atomic():
            task = schedule.imported_task()
            task.enqueue(*schedule.args, **schedule.kwargs)
    except Exception:
        logger.exception("The schedule %s cannot be enqueued.", schedule)
