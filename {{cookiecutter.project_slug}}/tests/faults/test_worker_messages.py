"""Row 8: a message starts a task at once, and none makes a channel deaf."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
from redis import Redis

from realtime.queue_layer import QueueLayer
from realtime.tests.redis import PrivateRedis
from tests.live import LiveProcess

from .work import TaskSite, until

CHANNELS = ["tasks", "thumbnails-generate", "thumbnails-delete"]
NO_SWEEP = {"LOOK_SECONDS": "3600", "LEASE_SECONDS": "7200"}  # so messages alone start tasks
GOOD = """
from realtime.groups import Channel
tasks.work.enqueue(1)
for kind in ("generate", "delete"):
    Channel(f"thumbnails-{kind}", alias="queue").send({"type": kind, "path": "none.png"})
"""


@pytest.fixture(scope="module")
def worker(task_site: TaskSite) -> Iterator[LiveProcess]:
    with task_site.worker(**NO_SWEEP) as worker:
        yield worker


def test_garbage_makes_no_channel_deaf(
    work: TaskSite, worker: LiveProcess, redis: PrivateRedis
) -> None:
    layer = QueueLayer([redis.url])
    odd: list[Any] = [[], "text", None, {}]
    odd += [{"type": name} for name in (None, 7, ".", "_store")]
    with Redis.from_url(redis.url) as queue:
        for channel in CHANNELS:
            raw = [b"", b"x" * 5, b"\xff" * 100, *(b"%d" % number for number in range(100))]
            raw += [layer.serialize(message) for message in odd]
            queue.zadd(f"queue{channel}", dict.fromkeys(raw, time.time()))
    work.run(GOOD)
    until(lambda: work.statuses() == {"SUCCESSFUL": 2, "READY": 1})  # no picture to generate
    assert worker.process.poll() is None


def test_an_idle_worker_starts_a_task_when_it_is_enqueued(
    work: TaskSite, worker: LiveProcess
) -> None:
    work.run(
        "import time\n"
        "for number in range(50):\n"
        "    tasks.report_delay.enqueue(number, time.monotonic())\n"
        "    time.sleep(0.1)"
    )
    work.until_done(50)
    delays = [seconds for [seconds] in work.query("SELECT seconds FROM traces")]
    print(f"From enqueue() to the start: {median(delays):.4f} s at the median of {len(delays)}")
