"""What django-tasks-db's row of a task does not say: who runs it, for whom, how far it is."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from cronsim import CronSim
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.tasks import Task
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from .task import DurableTask

LEASE = timedelta(seconds=30)  # a worker that says nothing for so long has died


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> "WorkerQuerySet":
        """By the clock of the database: those of several machines differ."""
        return self.filter(seen_at__gte=Now() - LEASE)


class Worker(models.Model):
    """A process that runs tasks, as long as it lives."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=64)  # host and process
    concurrency = models.PositiveIntegerField(_("tasks at a time"))
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    seen_at = models.DateTimeField(_("seen at"), db_default=Now())

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["started_at"]

    def __str__(self) -> str:
        return self.name


class TaskState(models.Model):
    """One of each task. `worker_id` is set while the task runs, and is the lease on it."""

    result: models.OneToOneField[DBTaskResult[..., Any]] = models.OneToOneField(
        DBTaskResult, on_delete=models.CASCADE, primary_key=True, related_name="state"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="task_states"
    )  # a task outlives its owner, and so does what is known of it
    attempts = models.PositiveIntegerField(default=0)
    worker_id = models.UUIDField(null=True)
    cancel_requested = models.BooleanField(default=False)
    done = models.FloatField(null=True)
    total = models.FloatField(null=True)
    note = models.CharField(max_length=200, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["worker_id"],
                name="running_tasks",
                condition=models.Q(worker_id__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.result)

    @property
    def task(self) -> DurableTask[..., Any]:
        """Raises ImportError, and whatever else the import of its module raises, if it is gone."""
        return cast(DurableTask[..., Any], self.result.task)


class Schedule(models.Model):
    """A task that is enqueued again and again, at the times of a cron expression."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    task_path = models.CharField(
        _("task"), max_length=200, help_text=_("Such as worker.upkeep.clear_sessions.")
    )
    cron = models.CharField(
        _("cron expression"),
        max_length=100,
        help_text=_("Minute, hour, day, month, weekday; in the time zone of the site."),
    )
    args = models.JSONField(_("arguments"), default=list, blank=True)
    kwargs = models.JSONField(_("keyword arguments"), default=dict, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    next_at = models.DateTimeField(_("next at"), editable=False, db_index=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.next_at is None or "update_fields" not in kwargs:
            self.next_at = self.next_time()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raises ValidationError for a task that is none, and for a time that never comes."""
        checks: dict[str, Callable[[], object]] = {
            "task_path": self.imported_task,
            "cron": self.next_time,
        }
        for field, check in checks.items():
            try:
                check()
            except Exception as error:
                raise ValidationError({field: str(error)}) from error

    def imported_task(self) -> Task[..., Any]:
        task = import_string(self.task_path)
        if not isinstance(task, Task):
            raise TypeError(f"{self.task_path} is no task.")
        return task

    def next_time(self, after: datetime | None = None) -> datetime:
        """When it is due next, after that time or from now. Raises CronSimError."""
        return next(CronSim(self.cron, timezone.localtime(after)))
