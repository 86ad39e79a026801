"""Rows 6 and 7: three workers do each piece of work once, though their clocks are hours apart."""

from collections.abc import Iterator

import pytest

from tests.live import LiveProcess

from .work import TaskSite, until

HOUR = 3600
ROWS = 400  # 3,000 gave the same
MESSAGES = 200
SEND = """
from redis.exceptions import ConnectionError
from realtime.groups import Channel
channel = Channel("thumbnails-delete", alias="queue")
for number in range(%d):
    message = {"type": "delete", "path": str(number)}
    try:
        channel.send(message)
    except ConnectionError:  # another test has started Redis anew
        channel.send(message)
"""


@pytest.fixture(scope="module")
def workers(task_site: TaskSite) -> Iterator[list[LiveProcess]]:
    clocks = [{"CLOCK_AHEAD_SECONDS": str(seconds)} for seconds in (-HOUR, 0, HOUR)]
    with task_site.workers(*clocks) as workers:
        yield workers


def test_each_row_is_claimed_once(work: TaskSite, workers: list[LiveProcess]) -> None:
    work.run(f"for number in range({ROWS}): tasks.work.enqueue(number)")
    work.until_done(ROWS)
    assert work.traces("began") == work.traces("ended") == dict.fromkeys(range(ROWS), 1)


def test_each_message_of_a_channel_is_handled_once(
    work: TaskSite, workers: list[LiveProcess]
) -> None:
    work.run(SEND % MESSAGES)
    work.until_done(MESSAGES)
    paths = work.query("SELECT args_kwargs -> 'args' -> 1 ->> 'path' FROM {rows}")
    assert {int(path) for [path] in paths} == set(range(MESSAGES))


def test_of_fifty_tasks_one_that_raises_waits_for_its_retry_and_the_others_are_done(
    work: TaskSite, workers: list[LiveProcess]
) -> None:
    work.run("for n in range(50): (tasks.fail if n == 5 else tasks.work).enqueue(n)")
    until(lambda: work.statuses() == {"SUCCESSFUL": 49, "READY": 1})
    errors = "SELECT exception_class_path FROM {rows} WHERE status = 'READY' AND run_after > now()"
    until(lambda: work.query(errors) == [("builtins.ZeroDivisionError",)])
    assert work.traces("began")[5] == 1


def test_whatever_the_clocks_say_a_task_starts_at_its_time(
    work: TaskSite, workers: list[LiveProcess]
) -> None:
    work.run(
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "now, minutes = timezone.now(), timedelta(minutes=30)\n"
        "for number, time in enumerate([now - minutes, now + timedelta(seconds=2), now + minutes]):"
        "    tasks.work.using(run_after=time).enqueue(number)"
    )
    until(lambda: work.traces("ended") == {0: 1, 1: 1})
    until(lambda: work.statuses() == {"SUCCESSFUL": 2, "READY": 1})


def test_long_tasks_are_not_stolen_and_leave_the_workers_their_connections(
    work: TaskSite, workers: list[LiveProcess]
) -> None:
    # Each keeps a connection for longer than the pool lets others wait for one.
    work.run("for number in range(24): tasks.work.enqueue(number, seconds=7)")
    work.until_done(24)
    assert work.traces("began") == dict.fromkeys(range(24), 1)
    assert not any("The database is away" in worker.log for worker in workers)
