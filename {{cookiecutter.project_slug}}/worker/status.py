"""What waits, what runs, what failed and who works: for people, health checks and graphs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Count, F, Max, Q, QuerySet, When
from django.db.models.functions import Greatest, Now
from django.tasks import DEFAULT_TASK_BACKEND_ALIAS, TaskResultStatus, task_backends
from django_tasks_db.models import DBTaskResult, get_date_max

from .context import Cancelled
from .models import TaskState, Worker

QUERY_SECONDS = 2.0  # on PostgreSQL: whoever watches a table must not wait for what locks it
FAILED_WITHIN = timedelta(days=1)

type Rows = QuerySet[DBTaskResult[..., Any]]


@dataclass(slots=True)
class QueueStatus:
    """One queue. Ages are in seconds."""

    name: str
    waiting: int = 0  # could run at once
    oldest: float = 0.0  # how long one of those has waited; 0 if there is none
    later: int = 0  # have a time that has not come, as after a failure
    running: int = 0
    failed: int = 0  # for good, in the last day


@dataclass(slots=True)
class WorkerStatus:
    """A worker that lives."""

    name: str
    concurrency: int
    seen: float  # seconds ago
    running: int


@dataclass(slots=True)
class Status:
    queues: list[QueueStatus] = field(default_factory=list)
    workers: list[WorkerStatus] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        return sum(queue.waiting for queue in self.queues)

    @property
    def oldest(self) -> float:
        return max((queue.oldest for queue in self.queues), default=0.0)


def read_status() -> Status:
    """As the database has it, by its clock: four queries, however much there is.

    Raises django.db.Error.
    """
    rows = DBTaskResult.objects.order_by().filter(backend_name=DEFAULT_TASK_BACKEND_ALIAS)
    found = {name: QueueStatus(name) for name in task_backends[DEFAULT_TASK_BACKEND_ALIAS].queues}

    def queue(name: str) -> QueueStatus:
        return found.setdefault(name, QueueStatus(name))

    with _limited_time():
        for name, waiting, later, age in _waiting(rows):
            queue(name).waiting, queue(name).later = waiting, later
            queue(name).oldest = max(0.0, age.total_seconds()) if age else 0.0
        running: Counter[object] = Counter()
        for name, worker_id, count in _running():
            queue(name).running += count
            running[worker_id] += count
        for name, count in _failed(rows):
            queue(name).failed = count
        workers = [
            WorkerStatus(name, concurrency, age.total_seconds(), running[worker_id])
            for worker_id, name, concurrency, age in _workers()
        ]
    return Status([found[name] for name in sorted(found)], workers)


def _waiting(rows: Rows) -> Any:
    has_no_time = Q(run_after=get_date_max())
    due = has_no_time | Q(run_after__lte=Now())
    since = Case(
        When(has_no_time, then=F("enqueued_at")), default=Greatest("enqueued_at", "run_after")
    )
    return (
        rows.filter(status=TaskResultStatus.READY)
        .values("queue_name")
        .annotate(
            waiting=Count("pk", filter=due),
            later=Count("pk", filter=~due),
            age=Max(Now() - since, filter=due),
        )
        .values_list("queue_name", "waiting", "later", "age")
    )


def _running() -> Any:
    held = TaskState.objects.filter(
        worker_id__isnull=False, result__backend_name=DEFAULT_TASK_BACKEND_ALIAS
    )
    return held.values_list("result__queue_name", "worker_id").annotate(Count("pk"))


def _failed(rows: Rows) -> Any:
    failed = rows.filter(
        status=TaskResultStatus.FAILED, finished_at__gte=Now() - FAILED_WITHIN
    ).exclude(exception_class_path=f"{Cancelled.__module__}.{Cancelled.__qualname__}")
    return failed.values_list("queue_name").annotate(Count("pk"))


def _workers() -> Any:
    alive = Worker.objects.alive().annotate(age=Now() - F("seen_at"))
    return alive.values_list("id", "name", "concurrency", "age")


@contextmanager
def _limited_time() -> Iterator[None]:
    if connection.vendor != "postgresql":  # on SQLite a transaction would wait for who writes
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            limit = f"{QUERY_SECONDS * 1000:.0f}"
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [limit])
        yield
