"""Row 6: three workers do each piece of work once, though their clocks are hours apart."""

from collections.abc import Iterator

import pytest

from .work import TaskSite

HOUR = 3600
ROWS = 600  # 3,000 gave the same
MESSAGES = 200
SEND = """
from realtime.groups import Channel
for number in range({number}):
    Channel("thumbnails-delete", alias="queue").send({{"type": "delete", "path": str(number)}})
"""


@pytest.fixture(scope="module")
def three_workers(task_site: TaskSite) -> Iterator[None]:
    clocks = [{"CLOCK_AHEAD_SECONDS": str(seconds)} for seconds in (-HOUR, 0, HOUR)]
    with task_site.workers(*clocks):
        yield


def test_each_row_is_claimed_once(work: TaskSite, three_workers: None) -> None:
    work.run(f"for number in range({ROWS}): tasks.work.enqueue(number)")
    work.until_done(ROWS)
    assert work.traces("began") == work.traces("ended") == dict.fromkeys(range(ROWS), 1)


def test_each_message_of_a_channel_is_handled_once(work: TaskSite, three_workers: None) -> None:
    work.run(SEND.format(number=MESSAGES))
    work.until_done(MESSAGES)
    paths = work.query("SELECT args_kwargs -> 'args' -> 1 ->> 'path' FROM {rows}")
    assert {int(path) for [path] in paths} == set(range(MESSAGES))


def test_no_clock_makes_a_task_stolen_or_late(work: TaskSite, three_workers: None) -> None:
    work.run(
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "for number in range(6): tasks.work.enqueue(number, seconds=5)\n"  # more than two looks
        "soon = timezone.now() + timedelta(seconds=3)\n"
        "tasks.work.using(run_after=soon).enqueue(6)"
    )
    work.until_done(7)
    assert work.traces("began") == dict.fromkeys(range(7), 1)
    assert work.most_attempts() == 1


def test_tasks_that_keep_their_connections_leave_the_worker_its_own(work: TaskSite) -> None:
    work.run("for number in range(16): tasks.work.enqueue(number, seconds=8)")
    with work.worker(WORKER_CONCURRENCY="16") as worker:
        work.until_done(16)
    assert "database is away" not in worker.log
