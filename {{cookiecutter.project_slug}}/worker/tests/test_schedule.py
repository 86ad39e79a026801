"""A schedule enqueues its task at each of its times, once, however many workers look."""

import asyncio
import threading
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from realtime.database import on_database_thread
from worker.models import Schedule
from worker.schedule import enqueue_due
from worker.server import TaskServer

from .waiting import PATIENCE, finished

pytestmark = pytest.mark.django_db(transaction=True)


def due(**values: object) -> Schedule:
    """A schedule whose time came a minute ago."""
    values = {"name": "Adding", "task_path": "worker.tests.tasks.add", "args": [1, 2]} | values
    schedule = Schedule.objects.create(cron="0 * * * *", **values)
    Schedule.objects.update(next_at=timezone.now() - timedelta(minutes=1))
    return schedule


def test_it_enqueues_its_task_and_waits_for_the_next_time() -> None:
    schedule = due()
    enqueue_due()
    enqueue_due()
    [row] = DBTaskResult.objects.all()
    assert (row.task_path, row.args_kwargs["args"]) == ("worker.tests.tasks.add", [1, 2])
    schedule.refresh_from_db()
    assert schedule.next_at > timezone.now()
    assert timezone.localtime(schedule.next_at).minute == 0


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_worker_whose_clock_is_wrong_enqueues_it_once(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    schedule = due()
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(hours=hours))
    enqueue_due()
    enqueue_due()
    assert DBTaskResult.objects.count() == 1
    schedule.refresh_from_db()
    assert timedelta(0) < schedule.next_at - right() <= timedelta(hours=1)


def test_many_workers_that_look_at_once_enqueue_it_once() -> None:
    due()
    together = threading.Barrier(4)

    def look() -> None:
        together.wait(PATIENCE)
        enqueue_due()
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert DBTaskResult.objects.count() == 1


def test_a_schedule_that_is_switched_off_enqueues_nothing() -> None:
    due(enabled=False)
    enqueue_due()
    assert not DBTaskResult.objects.exists()


def test_a_schedule_of_a_task_that_is_gone_does_not_hold_up_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    due(name="Gone", task_path="worker.tests.tasks.gone")
    due()
    enqueue_due()
    assert DBTaskResult.objects.count() == 1
    assert "Gone" in caplog.text


async def test_a_worker_that_runs_looks_at_the_schedules(worker: TaskServer) -> None:
    await on_database_thread(due)
    row = await first_row()
    assert (await finished(str(row.id))).return_value == 3


async def first_row() -> DBTaskResult[..., Any]:
    async with asyncio.timeout(PATIENCE):
        while (row := await DBTaskResult.objects.afirst()) is None:
            await asyncio.sleep(0.02)
    return row


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cron", "61 * * * *"),
        ("cron", "0 0 31 2 *"),
        ("cron", "often"),
        ("task_path", "worker.tests.tasks.gone"),
        ("task_path", "worker.tests.tasks.opened"),
        ("task_path", "gone"),
    ],
)
def test_a_schedule_that_could_not_work_is_refused(field: str, value: str) -> None:
    values = {"name": "Adding", "task_path": "worker.tests.tasks.add", "cron": "0 * * * *"}
    with pytest.raises(ValidationError) as refused:
        Schedule(**values | {field: value}).full_clean()
    assert list(refused.value.message_dict) == [field]


UPKEEP = import_module("worker.migrations.0002_upkeep").SCHEDULES


@pytest.mark.parametrize("path", [path for path, _cron in UPKEEP.values()])
async def test_the_upkeep_that_a_new_site_schedules_works(worker: TaskServer, path: str) -> None:
    await on_database_thread(due, task_path=path, args=[])
    row = await first_row()
    assert (await finished(str(row.id))).status == TaskResultStatus.SUCCESSFUL
