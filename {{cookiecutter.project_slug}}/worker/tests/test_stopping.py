"""A worker that is stopped finishes what it can, and gives back the rest."""

from typing import Any

import pytest
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from worker.models import TaskState, Worker

from . import tasks
from .serving import serving
from .waiting import PATIENCE, finished, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("task", [tasks.wait, tasks.wait_async])
async def test_what_runs_may_end_within_the_grace(gate: None, task: Any) -> None:
    # With one place it is not about to claim another when it is stopped.
    async with serving(concurrency=1, grace=PATIENCE) as server:
        result = await task.aenqueue()
        await running(result.id)
        server.stop()
        late = await tasks.add.aenqueue(1, 1)
        tasks.opened.set()
    assert (await finished(result.id)).return_value == "opened"
    assert (await DBTaskResult.objects.aget(id=late.id)).status == TaskResultStatus.READY


@pytest.mark.parametrize("task", [tasks.wait, tasks.wait_async])
async def test_what_does_not_end_within_the_grace_is_given_back(gate: None, task: Any) -> None:
    async with serving(grace=0.1) as server:
        result = await task.aenqueue()
        await running(result.id)
        server.stop()
    state = await TaskState.objects.select_related("result").aget(pk=result.id)
    assert (state.result.status, state.attempts) == (TaskResultStatus.READY, 0)
    assert not await Worker.objects.aexists()
    tasks.opened.set()
    async with serving():
        assert (await finished(result.id)).return_value == "opened"


async def test_a_second_signal_does_not_wait(gate: None) -> None:
    async with serving(grace=3600) as server:
        await running((await tasks.wait.aenqueue()).id)
        server.stop()
        server.stop()


async def test_what_is_cancelled_is_not_given_back(gate: None) -> None:
    async with serving(grace=0) as server:
        result = await tasks.wait_async.aenqueue()
        await running(result.id)
        await TaskState.objects.filter(result__id=result.id).aupdate(cancel_requested=True)
        server.stop()
    assert (await finished(result.id)).exception_class_path == "worker.context.Cancelled"
