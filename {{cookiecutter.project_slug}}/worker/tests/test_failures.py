"""A task that fails is tried again, then kept as failed, and harms no other."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from worker.pool import TooManyHangError
from worker.server import TaskServer
from worker.task import MAX_BACKOFF, task

from . import tasks
from .serving import new_server
from .waiting import finished, until

pytestmark = pytest.mark.django_db(transaction=True)

POISON: dict[Any, str] = {
    tasks.fail: "builtins.ZeroDivisionError",
    tasks.leave: "builtins.SystemExit",
    tasks.leave_async: "builtins.SystemExit",
    tasks.unserializable: "builtins.TypeError",
    tasks.fail_with_nul: "builtins.ValueError",
    tasks.hang_async: "builtins.TimeoutError",
    tasks.hang: "builtins.TimeoutError",
}


@pytest.mark.parametrize(("poison", "error"), POISON.items(), ids=[task.name for task in POISON])
async def test_a_task_that_fails_is_recorded_and_the_next_one_runs(
    worker: TaskServer, gate: None, poison: Any, error: str
) -> None:
    bad, good = await poison.aenqueue(), await tasks.add.aenqueue(1, 2)
    assert (await finished(good.id)).return_value == 3
    row = await finished(bad.id)
    assert (row.status, row.exception_class_path) == (TaskResultStatus.FAILED, error)
    assert error.rpartition(".")[2] in row.traceback
    await bad.arefresh()
    assert bad.errors[0].traceback == row.traceback


async def test_a_result_that_the_database_refuses_takes_no_other_along(worker: TaskServer) -> None:
    results = [await task.aenqueue() for task in (tasks.nul, tasks.owned, tasks.plain)]
    rows = [await finished(result.id) for result in results]
    assert [row.status for row in rows[1:]] == [TaskResultStatus.SUCCESSFUL] * 2


@pytest.mark.parametrize("path", ["tasks.gone", "tasks.opened", "gone.add"])
async def test_a_task_that_no_longer_exists_is_recorded(
    worker: TaskServer, alice: User, path: str
) -> None:
    now = timezone.now()
    later = tasks.add.using(owner=alice, run_after=now + timedelta(hours=1))
    result = await later.aenqueue(1, 2)
    rows = DBTaskResult.objects.filter(id=result.id)
    await rows.aupdate(task_path=f"worker.tests.{path}", run_after=now)
    assert (await finished(result.id)).status == TaskResultStatus.FAILED


async def test_a_task_is_tried_until_it_succeeds(worker: TaskServer) -> None:
    result = await tasks.succeed_at.aenqueue(3)
    assert (await finished(result.id)).return_value == 3


async def test_a_task_has_only_so_many_attempts(worker: TaskServer) -> None:
    result = await tasks.succeed_at.aenqueue(4)
    row = await finished(result.id)
    assert (row.status, len(row.worker_ids)) == (TaskResultStatus.FAILED, 3)


async def test_a_task_may_ask_for_another_attempt_and_say_when(worker: TaskServer) -> None:
    before = timezone.now()
    result = await tasks.ask_again.aenqueue(0.5)
    row = await finished(result.id)
    assert row.return_value == 2
    assert (row.finished_at - before).total_seconds() >= 0.5


async def test_an_attempt_that_failed_shows_its_error_while_the_task_waits(
    worker: TaskServer,
) -> None:
    result = await tasks.ask_again.aenqueue(60)
    state = await until(result.id, lambda state: state.result.traceback != "")
    assert state.result.status == TaskResultStatus.READY
    assert state.result.exception_class_path == "worker.task.Retry"


async def test_the_idempotency_key_stays_the_same(worker: TaskServer) -> None:
    first, second = await tasks.keys.aenqueue(), await tasks.keys.aenqueue()
    returned = [(await finished(result.id)).return_value for result in (first, second)]
    assert returned == [first.id, second.id]


def test_pauses_double_and_are_shortened_at_random() -> None:
    for attempt, longest in {1: 1, 2: 2, 3: 4, 10: 512, 11: MAX_BACKOFF, 2000: MAX_BACKOFF}.items():
        pauses = {tasks.add.pause(attempt).total_seconds() for _ in range(50)}
        assert longest / 2 <= min(pauses)
        assert max(pauses) <= longest
        assert len(pauses) > 1


@pytest.mark.parametrize("options", [{"attempts": 0}, {"timeout": 0}, {"backoff": -1}])
def test_options_that_make_no_sense_are_refused(options: Any) -> None:
    decorate: Any = task(**options)
    with pytest.raises(ValueError, match=r"tasks\.plain"):
        decorate(tasks.plain.func)


async def test_a_worker_whose_threads_all_hang_makes_room_for_another(gate: None) -> None:
    running = asyncio.create_task(new_server(concurrency=1).arun())
    await finished((await tasks.hang.aenqueue()).id)
    with pytest.raises(TooManyHangError):  # by which `manage.py runworker` ends
        await running
