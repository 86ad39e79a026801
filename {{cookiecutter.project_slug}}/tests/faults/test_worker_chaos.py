"""Workers are killed and Redis restarts while tasks are enqueued: each is done, paid for once."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from realtime.tests.redis import PrivateRedis

from .work import PATIENCE, Crew, TaskSite

TASKS = int(os.environ.get("CHAOS_TASKS", "1000"))  # `make chaos` has more
ENQUEUE = """
import time
for number in range({number}):
    tasks.work.enqueue(number, seconds=0.3)
    time.sleep({pause})
"""


def chaos(site: TaskSite, crew: Crew, redis: PrivateRedis, number: int, pause: float) -> None:
    """Enqueue so many tasks, and meanwhile kill a worker each second, and Redis twice."""
    restart_at = [number / 3, number * 2 / 3]
    with ThreadPoolExecutor(1) as thread:
        enqueueing = thread.submit(site.run, ENQUEUE.format(number=number, pause=pause))
        while not enqueueing.done():
            time.sleep(1)
            statuses = site.statuses()
            if statuses["RUNNING"]:
                crew.kill_one()
            if restart_at and statuses.total() > restart_at[0]:
                restart_at.pop(0)
                redis.kill()
                redis.start()
        enqueueing.result()


def all_are_done_and_paid_for_once(site: TaskSite, crew: Crew, number: int) -> None:
    site.until_done(number, seconds=PATIENCE + number / 10)
    assert set(site.traces("ended")) == set(range(number))
    assert site.balance() == number
    [[again]] = site.query("SELECT count(*) FROM {states} WHERE attempts > 1")
    print(f"{crew.killed} workers were killed, {again} of {number} tasks were run again.")
    assert again  # or nothing was killed in the middle of its work


def test_of_a_thousand_tasks_none_is_lost_whatever_is_killed(
    work: TaskSite, redis: PrivateRedis
) -> None:
    crew = Crew(work, 4)
    with crew.at_work():
        chaos(work, crew, redis, TASKS, pause=0.02)
        all_are_done_and_paid_for_once(work, crew, TASKS)


def test_on_sqlite_none_is_lost_when_the_one_worker_is_killed(
    redis: PrivateRedis, folder: Path
) -> None:
    url = f"sqlite:///{folder / 'tasks.sqlite3'}"
    with TaskSite(url, redis.url, folder).created() as site:
        crew = Crew(site, 1, LEASE_SECONDS="5")
        with crew.at_work():
            chaos(site, crew, redis, TASKS // 10, pause=0.1)
            all_are_done_and_paid_for_once(site, crew, TASKS // 10)
