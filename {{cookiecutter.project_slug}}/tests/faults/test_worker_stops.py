"""Row 9: a worker is stopped or killed in the middle of its work, and nothing is lost."""

import signal

from .test_worker_claims import SEND
from .work import TaskSite

NO_LEASE_ENDS = {"LEASE_SECONDS": "3600"}


def test_a_worker_that_is_stopped_finishes_what_runs_and_leaves_the_rest(work: TaskSite) -> None:
    with work.workers(NO_LEASE_ENDS, NO_LEASE_ENDS) as (stopped, _other):
        work.run("for number in range(100): tasks.work.enqueue(number, seconds=0.5)")
        work.until(lambda: work.statuses()["SUCCESSFUL"] > 10)
        assert stopped.end(signal.SIGTERM) == 0
        work.until_done(100)
    assert work.traces("began") == work.traces("ended") == dict.fromkeys(range(100), 1)


def test_what_outlasts_the_grace_is_given_back_and_run_by_another_at_once(work: TaskSite) -> None:
    with work.worker("--grace", "0", **NO_LEASE_ENDS) as stopped:
        work.run("for number in range(4): tasks.work.enqueue(number, seconds=30)")
        work.run("for number in range(4, 12): tasks.work.enqueue(number, seconds=1)")
        work.until(lambda: work.statuses()["SUCCESSFUL"] > 1)
        assert stopped.end(signal.SIGTERM) == 0
    assert work.statuses()["RUNNING"] == 0
    assert work.most_attempts() == 1


def test_what_a_worker_ran_that_is_killed_is_run_again(work: TaskSite) -> None:
    lease = {"LEASE_SECONDS": "5"}
    with work.workers(lease, lease) as (killed, _other):
        work.run("for number in range(100): tasks.work.enqueue(number, seconds=0.5)")
        work.until(lambda: work.statuses()["SUCCESSFUL"] > 10)
        assert killed.end(signal.SIGKILL) == -signal.SIGKILL
        work.until_done(100)
    assert set(work.traces("ended")) == set(range(100))
    assert work.balance() == 100
    assert work.most_attempts() == 2


def test_messages_that_a_stopped_worker_has_taken_are_not_lost(work: TaskSite) -> None:
    with work.worker() as stopped:
        work.run(SEND.format(number=300))
        assert stopped.end(signal.SIGTERM) == 0
        assert work.statuses().total() < 300  # it was in the middle of them
    with work.worker():
        work.until_done(300)
