"""A worker's dealings with the database: what it takes, what it brings back. All of it blocks.

Times are the database's: the clocks of several machines differ.
"""

import contextlib
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Model, Q
from django.db.models.functions import Now
from django.dispatch import Signal
from django.tasks import TaskResultStatus
from django.tasks.signals import task_finished, task_started
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet, get_date_max

from realtime.database import UNREACHABLE

from .backend import ChannelsBackend
from .context import Cancelled
from .models import TaskState, Worker
from .outcomes import Failure, GivenBack, Outcome, Success, WorkerDiedError, failure

type Settled = Sequence[tuple[TaskState, Outcome]]

SETTLED_FIELDS = [
    "status", "run_after", "finished_at", "return_value", "exception_class_path", "traceback"
]  # fmt: skip
RELEASED_FIELDS = ["worker_id", "attempts", "done", "total", "note"]

logger = logging.getLogger(__name__)


class Ledger:
    """One worker's. Where the database is away it raises django.db.Error, and nothing is lost."""

    def __init__(self, worker: Worker, queues: Iterable[str], backend: str = "default") -> None:
        self.worker = worker
        self._rows: DBTaskResultQuerySet = DBTaskResult.objects.filter(
            backend_name=backend, queue_name__in=list(queues), status=TaskResultStatus.READY
        )

    def sign_in(self) -> None:
        """Say that this worker lives. Who does not, for the time of a lease, loses its tasks."""
        worker, about = self.worker, {"name": self.worker.name, "seen_at": Now()}
        about["concurrency"] = worker.concurrency
        Worker.objects.update_or_create(id=worker.id, defaults=about)

    def sign_out(self) -> None:
        Worker.objects.filter(id=self.worker.id).delete()

    def claim(self, number: int) -> list[TaskState]:
        """Take ready tasks, those of the highest priority first, so that no other worker does."""
        states = self._claim(number)
        _signal(task_started, states)
        return states

    @transaction.atomic
    def _claim(self, number: int) -> list[TaskState]:
        due = Q(run_after=get_date_max()) | Q(run_after__lte=Now())
        ready = self._rows.filter(due).select_related("state")
        rows = list(ready.select_for_update(skip_locked=True, of=("self",))[:number])
        states, now = [], timezone.now()
        for row in rows:
            row.status, row.started_at = TaskResultStatus.RUNNING, now
            row.worker_ids = [*row.worker_ids, self.worker.name]
            state = row.state if hasattr(row, "state") else TaskState(result=row)
            state.attempts += 1
            state.worker_id = self.worker.id
            states.append(state)
        _update(rows, ["status", "started_at", "worker_ids"])
        TaskState.objects.bulk_create(
            states,
            update_conflicts=True,
            unique_fields=["result"],
            update_fields=["attempts", "worker_id"],
        )
        return states

    def settle(self, settled: Settled) -> list[TaskState]:
        """Record what came of attempts. Returns those that were still this worker's to record."""
        try:
            states = _settle(settled)
        except UNREACHABLE:
            raise
        except (DatabaseError, ValueError) as error:
            if len(settled) > 1:  # one bad result must not take the others along
                return [state for one in settled for state in self.settle([one])]
            [(state, _outcome)] = settled
            states = _settle([(state, _failure(state, error))])
        _signal(task_finished, [state for state in states if state.result.finished_at])
        return states

    def take_back(self) -> list[TaskState]:
        """Give the tasks of dead workers to the living."""
        with transaction.atomic():
            alive = Worker.objects.alive().values("id")
            lost = TaskState.objects.filter(worker_id__isnull=False).exclude(worker_id__in=alive)
            lost = lost.select_for_update(skip_locked=True, of=("self",)).select_related("result")
            states = list(lost[:100])
            for state in states:
                logger.warning("Task %s: its worker died. It will run again.", state.pk)
            _settle([(state, _failure(state, WorkerDiedError())) for state in states])
            Worker.objects.exclude(id__in=alive).delete()
        return states

    def held(self) -> list[TaskState]:
        """The tasks that are this worker's, as the database has it."""
        return list(TaskState.objects.filter(worker_id=self.worker.id))

    def note_progress(self, states: Iterable[TaskState]) -> None:
        for state in states:
            mine = TaskState.objects.filter(pk=state.pk, worker_id=self.worker.id)
            mine.update(done=state.done, total=state.total, note=state.note)

    def next_due(self) -> float | None:
        """In how many seconds the next task is due that has a time, if any."""
        later = self._rows.filter(run_after__gt=Now(), run_after__lt=get_date_max())
        found = later.annotate(now=Now()).order_by("run_after").values_list("run_after", "now")
        times: tuple[datetime, datetime] | None = found.first()
        return times and (times[0] - times[1]).total_seconds()


@transaction.atomic
def _settle(settled: Settled) -> list[TaskState]:
    now = timezone.now()
    rows = TaskState.objects.select_related("result").select_for_update(of=("self",))
    held = rows.order_by("pk").in_bulk([state.pk for state, _ in settled])
    mine = []
    for claimed, outcome in settled:
        state = held.get(claimed.pk)
        # Else its lease was lost meanwhile, and the task is another worker's.
        if state and (state.worker_id, state.attempts) == (claimed.worker_id, claimed.attempts):
            _apply(outcome, state, now)
            mine.append(state)
    _update([state.result for state in mine], SETTLED_FIELDS)
    _update(mine, RELEASED_FIELDS)
    return mine


def _update(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Save these fields, in one statement for all rows that have the same in them.

    Most have, and bulk_update spends more on putting its one statement together than on all else.
    """
    alike: dict[str, list[Model]] = {}
    for row in rows:
        # By repr, since JSON cannot always be hashed, and to Python 1 is the same as True.
        alike.setdefault(repr([getattr(row, name) for name in fields]), []).append(row)
    for same in alike.values():
        values = {name: getattr(same[0], name) for name in fields}
        found = type(same[0])._default_manager.filter(pk__in=[row.pk for row in same])
        found.update(**values)


def _apply(outcome: Outcome, state: TaskState, now: datetime) -> None:
    row, state.worker_id = state.result, None
    if isinstance(outcome, GivenBack) and state.cancel_requested:
        outcome = Failure(Cancelled())
    if isinstance(outcome, Success):
        row.status, row.return_value = TaskResultStatus.SUCCESSFUL, outcome.value
        row.exception_class_path = row.traceback = ""
        row.finished_at = now
    elif isinstance(outcome, GivenBack):
        row.status, row.run_after = TaskResultStatus.READY, Now()
        state.attempts -= 1
    else:
        row.exception_class_path = outcome.exception_class_path
        row.traceback = outcome.traceback
        again = None if state.cancel_requested else outcome.again
        if again is None:
            row.status, row.finished_at = TaskResultStatus.FAILED, now
        else:
            row.status = TaskResultStatus.READY
            row.run_after = Now() + again if isinstance(again, timedelta) else again
            state.done = state.total = None
            state.note = ""


def _signal(signal: Signal, states: Iterable[TaskState]) -> None:
    """Tell Django's signal. What its receivers raise must not stop the worker."""
    for state in states:
        with contextlib.suppress(Exception):  # the task may be in no module any more
            signal.send_robust(ChannelsBackend, task_result=state.result.task_result)


def _failure(state: TaskState, error: BaseException) -> Failure:
    try:
        return failure(state.task, state.attempts, error)
    except Exception as gone:  # the task is in no module any more
        return Failure(gone)
