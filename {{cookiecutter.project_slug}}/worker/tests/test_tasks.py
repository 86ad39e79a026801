import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection, transaction
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from conftest import Connect
from worker.runner import claim_next, run_ready_tasks
from worker.server import TaskServer

from . import tasks

pytestmark = pytest.mark.django_db(transaction=True)


def server() -> TaskServer:
    from config.asgi import application  # not before the test settings are in force

    return TaskServer(application, ["tasks"], get_channel_layer("queue"))


@pytest.fixture
async def worker() -> AsyncIterator[None]:
    """A worker in this process, as in a site without Redis."""
    running = asyncio.create_task(server().arun())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def finished(result_id: str) -> DBTaskResult[..., Any]:
    async with asyncio.timeout(10):
        while True:
            row = await DBTaskResult.objects.aget(id=result_id)
            if row.finished_at is not None:
                return row
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("task", [tasks.add, tasks.add_async])
async def test_an_enqueued_task_runs_in_the_worker(worker: None, task: Any) -> None:
    result = await task.aenqueue(1, b=2)
    assert (await finished(result.id)).return_value == 3


async def test_the_result_reaches_its_owners_browser_and_no_other(
    worker: None, alice: User, bob: User, connect: Connect
) -> None:
    mine, other = await connect("/ws/tasks/", alice), await connect("/ws/tasks/", bob)
    result = await tasks.owned.aenqueue(owner_id=alice.pk)
    assert await mine.receive_json_from(timeout=5) == {
        "type": "task.finished",
        "task": result.id,
        "name": "owned",
        "status": "SUCCESSFUL",
        "result": f"for {alice.pk}",
    }
    assert await other.receive_nothing()


@pytest.mark.parametrize("task", [tasks.fail, tasks.leave, tasks.unserializable])
def test_a_task_that_fails_is_recorded_and_the_next_one_runs(task: Any) -> None:
    bad = task.enqueue()
    good = tasks.add.enqueue(1, 2)
    assert run_ready_tasks() == 2
    bad.refresh()
    good.refresh()
    assert bad.status == TaskResultStatus.FAILED
    assert bad.errors[0].traceback
    assert good.return_value == 3


def test_a_task_may_know_its_attempt() -> None:
    result = tasks.attempt.enqueue()
    run_ready_tasks()
    result.refresh()
    assert result.return_value == 1


def test_higher_priority_goes_first() -> None:
    low, high = tasks.add.enqueue(1, 1), tasks.add.using(priority=5).enqueue(1, 1)
    claimed = [str(row.id) for row in (claim_next(), claim_next()) if row is not None]
    assert claimed == [high.id, low.id]


def test_a_task_for_later_waits_for_its_time() -> None:
    tasks.add.using(run_after=timezone.now() + timedelta(hours=1)).enqueue(1, 1)
    assert run_ready_tasks() == 0


def test_a_claimed_task_is_not_claimed_again() -> None:
    tasks.add.enqueue(1, 1)
    assert claim_next() is not None
    assert claim_next() is None


async def test_enqueueing_in_a_transaction_that_rolls_back_enqueues_nothing() -> None:
    def roll_back() -> None:
        with transaction.atomic():
            tasks.add.enqueue(1, 1)
            transaction.set_rollback(True)

    await database_sync_to_async(roll_back)()
    assert not await DBTaskResult.objects.aexists()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await get_channel_layer("queue").receive("tasks")


async def test_a_task_whose_message_was_lost_is_found_by_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.backend._wake_worker", lambda: None)
    monkeypatch.setattr("worker.server.SWEEP_SECONDS", 0.05)
    running = asyncio.create_task(server().arun())
    await asyncio.sleep(0.1)
    result = await tasks.add.aenqueue(1, 2)
    assert (await finished(result.id)).return_value == 3
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_runworker_runs_tasks_in_a_process_of_its_own(site_folder: Path, tmp_path: Path) -> None:
    if not settings.REDIS_URL:
        pytest.skip("needs REDIS_URL: without Redis, the worker lives in the serving process")
    name = connection.settings_dict["NAME"]
    database = settings.DATABASES["default"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/".format(**database) + str(name)
    heartbeat = tmp_path / "heartbeat"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runworker"],
        cwd=site_folder,
        env={**os.environ, "DATABASE_URL": url, "WORKER_HEARTBEAT_FILE": str(heartbeat)},
    )
    try:
        result = tasks.add.enqueue(1, 2)
        deadline = time.monotonic() + 30
        while not result.is_finished and time.monotonic() < deadline:
            time.sleep(0.1)
            result.refresh()
        assert result.return_value == 3
        assert heartbeat.exists()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
