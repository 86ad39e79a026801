"""Row 9: a worker is stopped or killed in the middle of its work, and nothing is lost."""

import signal

from .test_worker_claims import SEND
from .work import TaskSite, until

ENQUEUE = "for number in range(100): tasks.work.enqueue(number, seconds=0.5)"
NO_LEASE_ENDS = {"LEASE_SECONDS": "3600"}  # so what a worker does not give back stays with it


def test_workers_that_are_stopped_finish_what_they_can_and_give_back_the_rest(
    work: TaskSite,
) -> None:
    hasty = {**NO_LEASE_ENDS, "WORKER_GRACE_SECONDS": "0"}
    with work.workers(NO_LEASE_ENDS, NO_LEASE_ENDS, hasty) as (_, patient_one, hasty_one):
        work.run(ENQUEUE)
        until(lambda: work.statuses()["SUCCESSFUL"] > 10)
        assert patient_one.end(signal.SIGTERM) == 0
        assert hasty_one.end(signal.SIGTERM) == 0
        work.until_done(100)
    begun_again = work.traces("began").total() - 100
    assert 1 <= begun_again <= 8  # what the hasty one ran
    assert work.most_attempts() == 1  # which does not count
    assert work.balance() == 100


def test_what_a_worker_ran_that_is_killed_is_run_again(work: TaskSite) -> None:
    lease = {"LEASE_SECONDS": "5"}
    with work.workers(lease, lease) as (killed, _):
        work.run(ENQUEUE)
        until(lambda: work.statuses()["SUCCESSFUL"] > 10)
        assert killed.end(signal.SIGKILL) == -signal.SIGKILL
        work.until_done(100)
    assert set(work.traces("ended")) == set(range(100))
    assert work.most_attempts() == 2
    assert work.balance() == 100


def test_messages_that_a_stopped_worker_has_taken_are_not_lost(work: TaskSite) -> None:
    with work.worker() as stopped:
        work.run(SEND.format(number=300))
        assert stopped.end(signal.SIGTERM) == 0
    assert work.statuses().total() < 300  # it was in the middle of them
    with work.worker():
        work.until_done(300)
