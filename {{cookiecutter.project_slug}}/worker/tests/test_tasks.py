"""Django's tasks API, on a worker that runs."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth.models import Group
from django.db import transaction
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from conftest import Connect
from realtime.database import on_database_thread
from worker.server import TaskServer

from . import tasks
from .serving import serving
from .waiting import finished, running, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("task", [tasks.add, tasks.add_async])
async def test_an_enqueued_task_runs_in_the_worker(worker: TaskServer, task: Any) -> None:
    result = await task.aenqueue(1, b=2)
    assert (await finished(result.id)).return_value == 3
    await result.arefresh()
    assert result.return_value == 3
    assert (await task.aget_result(result.id)).attempts == 1


async def test_a_task_of_djangos_own_decorator_runs(worker: TaskServer) -> None:
    result = await tasks.plain.aenqueue()
    assert (await finished(result.id)).return_value == "by Django's own decorator"


async def test_a_synchronous_task_may_use_the_database(worker: TaskServer) -> None:
    result = await tasks.create_group.aenqueue("made by a task")
    await finished(result.id)
    assert await Group.objects.filter(name="made by a task").aexists()


@pytest.mark.parametrize("task", [tasks.wait, tasks.wait_async])
async def test_several_tasks_run_at_a_time(worker: TaskServer, gate: None, task: Any) -> None:
    results = [await task.aenqueue() for _ in range(4)]
    for result in results:
        await running(result.id)
    tasks.opened.set()
    assert [(await finished(result.id)).return_value for result in results] == ["opened"] * 4


async def test_no_more_tasks_run_at_a_time_than_its_concurrency(gate: None) -> None:
    async with serving(concurrency=1):
        first, second = await tasks.wait.aenqueue(), await tasks.wait.aenqueue()
        await running(first.id)
        await until(first.id, lambda state: state.note == "waiting")  # a look went by
        await until(second.id, lambda state: state.worker_id is None)
        tasks.opened.set()
        await finished(second.id)


async def test_a_task_for_later_waits_for_its_time(worker: TaskServer) -> None:
    soon = timezone.now() + timedelta(seconds=0.5)
    later = await tasks.add.using(run_after=timezone.now() + timedelta(hours=1)).aenqueue(1, 1)
    result = await tasks.add.using(run_after=soon).aenqueue(1, 2)
    assert (await finished(result.id)).finished_at >= soon
    assert (await DBTaskResult.objects.aget(id=later.id)).status == TaskResultStatus.READY


async def test_enqueueing_in_a_transaction_that_rolls_back_enqueues_nothing() -> None:
    def roll_back() -> None:
        with transaction.atomic():
            tasks.add.enqueue(1, 1)
            transaction.set_rollback(True)

    await on_database_thread(roll_back)
    assert not await DBTaskResult.objects.aexists()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await get_channel_layer("queue").receive("tasks")


async def test_a_task_whose_message_was_lost_is_found(
    worker: TaskServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.backend.wake_worker", lambda queue: None)
    result = await tasks.add.aenqueue(1, 2)
    assert (await finished(result.id)).return_value == 3


async def test_a_message_without_a_type_ends_nothing(
    worker: TaskServer, caplog: pytest.LogCaptureFixture
) -> None:
    await get_channel_layer("queue").send("tasks", {"garbage": True})
    result = await tasks.add.aenqueue(1, 2)
    assert (await finished(result.id)).return_value == 3
    assert "has no type" in caplog.text


async def test_the_owner_alone_hears_of_a_task(
    worker: TaskServer, alice: User, bob: User, connect: Connect
) -> None:
    mine, other = await connect("/ws/tasks/", alice), await connect("/ws/tasks/", bob)
    result = await tasks.owned.using(owner=alice).aenqueue()
    heard = [await mine.receive_json_from() for _ in range(3)]
    assert [event["type"] for event in heard] == ["task.waiting", "task.started", "task.finished"]
    assert heard[-1] == {
        "type": "task.finished",
        "task": result.id,
        "name": "owned",
        "status": "SUCCESSFUL",
        "attempt": 1,
        "done": None,
        "total": None,
        "note": "",
        "result": "yours",
        "error": "",
    }
    assert await other.receive_nothing()
