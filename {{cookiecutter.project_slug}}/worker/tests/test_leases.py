"""A task has one worker at a time, and never none for long."""

from datetime import timedelta

import pytest
from django.tasks import TaskResultStatus
from django.utils import timezone

from accounts.models import User
from worker.ledger import Ledger
from worker.models import Worker
from worker.outcomes import GivenBack, Success

from . import tasks
from .ledgers import claim, die, new_ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger() -> Ledger:
    return new_ledger()


def test_a_claimed_task_is_not_claimed_again(ledger: Ledger) -> None:
    tasks.add.enqueue(1, 1)
    assert len(ledger.claim(4)) == 1
    assert new_ledger().claim(4) == []


def test_higher_priority_goes_first(ledger: Ledger) -> None:
    low, high = tasks.add.enqueue(1, 1), tasks.add.using(priority=5).enqueue(1, 1)
    assert [str(state.pk) for state in ledger.claim(2)] == [high.id, low.id]


def test_a_worker_takes_tasks_of_its_queues_only(ledger: Ledger) -> None:
    tasks.add.enqueue(1, 1)
    assert new_ledger("other").claim(1) == []
    assert len(ledger.claim(1)) == 1


def test_a_dead_workers_task_is_run_again(ledger: Ledger) -> None:
    result = tasks.add.enqueue(1, 1)
    dead = new_ledger()
    claim(dead)
    assert ledger.take_back() == []
    die(dead)
    [state] = ledger.take_back()
    assert (str(state.pk), state.attempts) == (result.id, 1)
    assert not Worker.objects.filter(id=dead.worker.id).exists()


def test_a_task_that_kills_its_workers_fails_in_the_end(ledger: Ledger) -> None:
    result = tasks.kill_the_worker.enqueue()
    for _ in range(2):
        dead = new_ledger()
        claim(dead)
        die(dead)
        ledger.take_back()
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert "WorkerDiedError" in result.errors[0].traceback


def test_a_worker_that_was_taken_for_dead_records_nothing(ledger: Ledger) -> None:
    result = tasks.kill_the_worker.enqueue()
    slow = new_ledger()
    late = claim(slow)
    die(slow)
    ledger.take_back()
    assert slow.settle([(late, Success("late"))]) == []
    again = claim(ledger)
    assert slow.settle([(late, Success("late"))]) == []
    assert len(ledger.settle([(again, Success("in time"))])) == 1
    result.refresh()
    assert result.return_value == "in time"


def test_a_task_ends_although_its_owner_has_gone(ledger: Ledger, alice: User) -> None:
    result = tasks.owned.using(owner=alice).enqueue()
    state = claim(ledger)
    alice.delete()
    ledger.settle([(state, Success("yours"))])
    result.refresh()
    assert result.status == TaskResultStatus.SUCCESSFUL


def test_what_is_given_back_is_no_attempt(ledger: Ledger) -> None:
    tasks.add.enqueue(1, 1)
    ledger.settle([(claim(ledger), GivenBack())])
    assert claim(new_ledger()).attempts == 1


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_worker_whose_clock_is_wrong_harms_nobody(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    tasks.add.enqueue(1, 1)
    claim(ledger)
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(hours=hours))
    skewed = new_ledger()
    assert skewed.take_back() == []
    assert skewed.claim(1) == []
    tasks.add.enqueue(1, 1)
    later = tasks.add.using(run_after=right() + timedelta(minutes=1)).enqueue(1, 1)
    claim(skewed)
    assert skewed.claim(1) == []
    monkeypatch.undo()
    assert ledger.take_back() == []
    later.refresh()
    assert later.status == TaskResultStatus.READY
