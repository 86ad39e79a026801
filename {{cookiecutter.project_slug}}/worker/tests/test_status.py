"""What is told of the worker is true, by the database's clock, and quickly told."""

import asyncio
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from realtime.database import on_database_thread
from worker import services, status
from worker.outcomes import Failure, GivenBack, Success
from worker.status import QueueStatus, read_status

from . import tasks
from .ledgers import claim, die, new_ledger

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def default_queue() -> QueueStatus:
    [queue] = read_status().queues
    assert queue.name == "default"
    return queue


def put_back(task_id: str, field: str, by: timedelta) -> None:
    """Have it happen so much earlier."""
    DBTaskResult.objects.filter(id=task_id).update(**{field: F(field) - by})


def fail() -> str:
    result = tasks.fail.enqueue()
    ledger = new_ledger()
    ledger.settle([(claim(ledger), Failure(ZeroDivisionError()))])
    ledger.sign_out()
    return result.id


def test_a_site_without_tasks_has_its_queues_all_the_same() -> None:
    assert default_queue() == QueueStatus("default")


def test_each_task_is_in_one_place() -> None:
    fail()
    ledger = new_ledger()
    tasks.add.enqueue(1, 1)
    ledger.settle([(claim(ledger), Success(2))])
    tasks.add.enqueue(1, 1)
    claim(ledger)
    for _ in range(2):
        tasks.add.enqueue(1, 1)
    for _ in range(3):
        tasks.add.using(run_after=timezone.now() + HOUR).enqueue(1, 1)
    queue = default_queue()
    assert (queue.waiting, queue.later, queue.running, queue.failed) == (2, 3, 1, 1)


def test_only_what_failed_in_the_last_day_is_told() -> None:
    fail()
    put_back(fail(), "finished_at", timedelta(days=1))
    cancelled = tasks.add.enqueue(1, 1)
    services.task_cancel(cancelled.id)
    assert default_queue().failed == 1


def test_the_oldest_is_what_could_run_for_the_longest_time() -> None:
    put_back(tasks.add.enqueue(1, 1).id, "enqueued_at", HOUR)
    later = tasks.add.using(run_after=timezone.now() - HOUR / 2).enqueue(1, 1)
    put_back(later.id, "enqueued_at", 3 * HOUR)
    running = tasks.add.using(priority=1).enqueue(1, 1)
    claim(new_ledger())
    put_back(running.id, "enqueued_at", 5 * HOUR)
    assert 3600 <= default_queue().oldest < 2 * 3600


def test_what_failed_and_is_run_again_waits_from_then_on() -> None:
    task_id = fail()
    put_back(task_id, "enqueued_at", HOUR)
    services.task_retry(task_id)
    queue = default_queue()
    assert queue.waiting == 1
    assert queue.oldest < 3600


def test_what_was_given_back_waits_from_then_on() -> None:
    result, ledger = tasks.add.enqueue(1, 1), new_ledger()
    state = claim(ledger)
    put_back(result.id, "enqueued_at", HOUR)
    ledger.settle([(state, GivenBack())])
    queue = default_queue()
    assert queue.waiting == 1
    assert queue.oldest < 3600


def test_workers_that_live_are_told_with_what_they_run() -> None:
    die(new_ledger())
    ledger = new_ledger()
    tasks.add.enqueue(1, 1)
    claim(ledger)
    [worker] = read_status().workers
    assert (worker.name, worker.concurrency, worker.running) == ("a worker", 4, 1)
    assert worker.seen < 30


@pytest.mark.parametrize("hours", [-2, 2])
def test_the_clock_of_who_asks_does_not_matter(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    new_ledger()
    fail()
    tasks.add.enqueue(1, 1)
    tasks.add.using(run_after=timezone.now() + HOUR).enqueue(1, 1)
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(hours=hours))
    queue = default_queue()
    assert (queue.waiting, queue.later, queue.failed) == (1, 1, 1)
    assert queue.oldest < 3600
    assert len(read_status().workers) == 1


def test_many_tasks_take_as_many_queries_as_none() -> None:
    with CaptureQueriesContext(connection) as of_none:
        read_status()
    for _ in range(20):
        tasks.add.enqueue(1, 1)
        new_ledger().claim(1)
        tasks.add.enqueue(1, 1)
        fail()
    with CaptureQueriesContext(connection) as of_many:
        read_status()
    assert len(of_many) == len(of_none)


def test_a_table_that_is_locked_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL: on SQLite, who reads waits for nobody")
    monkeypatch.setattr(status, "QUERY_SECONDS", 0.2)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {DBTaskResult._meta.db_table}")
        with pytest.raises(OperationalError, match="timeout"):
            asyncio.run(on_database_thread(read_status))
    assert asyncio.run(on_database_thread(read_status)).queues
