"""Row 9: workers are stopped in the middle of their work, and nothing is lost.

Those of test_worker_chaos.py are killed.
"""

from redis import Redis

from realtime.tests.redis import PrivateRedis
from tests.live import paused

from .test_worker_claims import SEND
from .work import TaskSite, until

NO_LEASE_ENDS = {"LEASE_SECONDS": "3600"}  # so what a worker does not give back stays with it
HASTY = {**NO_LEASE_ENDS, "WORKER_GRACE_SECONDS": "0"}


def test_workers_that_are_stopped_finish_what_they_can_and_give_back_the_rest(
    work: TaskSite, redis: PrivateRedis
) -> None:
    with work.workers(NO_LEASE_ENDS, HASTY, NO_LEASE_ENDS) as (patient, hasty, last):
        work.run("for number in range(200): tasks.work.enqueue(number, seconds=0.5)")
        until(lambda: work.statuses()["SUCCESSFUL"] > 10)
        assert hasty.end() == 0
        assert patient.end() == 0
        work.until_done(200)
        with paused(redis.process.pid):
            assert last.end() == 0
    begun_again = work.traces("began").total() - 200
    assert 1 <= begun_again <= 8  # what the hasty one ran
    assert work.most_attempts() == 1  # which does not count
    assert work.balance() == 200


def test_messages_that_a_stopped_worker_has_taken_are_not_lost(
    work: TaskSite, redis: PrivateRedis
) -> None:
    with work.worker() as worker:
        work.run(SEND % 300)
        assert worker.end() == 0
    taken = work.statuses().total()
    assert 0 < taken < 300  # it was in the middle of them
    with Redis.from_url(redis.url) as queue:
        assert queue.zcard("queuethumbnails-delete") == 300 - taken
        queue.flushall()
