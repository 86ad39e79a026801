"""GET /metrics, for Prometheus. docs/deployment.md says what the names mean.

It is no view: Django answers to ALLOWED_HOSTS, but Prometheus asks by a process's address.
"""

import asyncio
from collections.abc import Iterator

import django.db
from django.conf import settings
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from realtime.counters import counters
from realtime.database import on_database_thread
from realtime.http import HttpConsumer, HttpError
from realtime.probe import FanOutProbe
from worker.status import Status, read_status

DATABASE_SECONDS = 3

fan_out = Histogram(
    "realtime_fan_out_seconds",
    "From publishing a message to hearing it in this process",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
probe = FanOutProbe(fan_out.observe)


class MetricsConsumer(HttpConsumer):
    """Answers who has METRICS_TOKEN. Where that is not set: in development, and else not."""

    async def handle(self, body: bytes) -> None:
        if settings.METRICS_TOKEN:
            self._check_token()
        elif not settings.DEBUG:
            raise HttpError(404, "Not Found")
        probe.keep_going()
        text = generate_latest(Scrape(await _worker_status()))
        content_type = CONTENT_TYPE_PLAIN_0_0_4.encode()
        await self.send_response(200, text, headers=[(b"Content-Type", content_type)])

    def _check_token(self) -> None:
        given = dict(self.scope["headers"]).get(b"authorization", b"")
        if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
            raise HttpError(401, "Unauthorized", (b"WWW-Authenticate", b"Bearer"))


class Scrape:
    """The figures of this process, and the worker's if the database gave them."""

    def __init__(self, status: Status | None) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        yield from _realtime()
        known = self._status is not None
        yield GaugeMetricFamily(
            "worker_database_up", "Whether the worker's figures are known", known
        )
        if self._status is not None:
            yield from _worker(self._status)


async def _worker_status() -> Status | None:
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await on_database_thread(read_status)
    except (django.db.Error, TimeoutError):
        return None


def _realtime() -> Iterator[Metric]:
    yield GaugeMetricFamily("realtime_sockets", "Open WebSockets", counters.sockets)
    yield GaugeMetricFamily("realtime_streams", "Consumers behind them", counters.streams)
    received, sent = counters.frames_received, counters.frames_sent
    yield CounterMetricFamily("realtime_frames_received", "Frames from clients", received)
    yield CounterMetricFamily("realtime_frames_sent", "Frames to clients", sent)
    refusals = CounterMetricFamily("realtime_refusals", "Frames refused", labels=["code"])
    for code, count in counters.refusals.items():
        refusals.add_metric([code], count)
    yield refusals
    closes = CounterMetricFamily("realtime_closes", "WebSockets closed", labels=["code"])
    for close_code, count in counters.closes.items():
        closes.add_metric([str(close_code)], count)
    yield closes


def _worker(status: Status) -> Iterator[Metric]:
    yield GaugeMetricFamily("worker_processes", "Workers that live", len(status.workers))
    tasks = GaugeMetricFamily("worker_tasks", "Tasks that wait or run", labels=["queue", "state"])
    oldest = GaugeMetricFamily(
        "worker_oldest_waiting_seconds", "How long a task has waited", labels=["queue"]
    )
    failed = GaugeMetricFamily(
        "worker_failed_tasks", "Tasks that failed in the last day", labels=["queue"]
    )
    for queue in status.queues:
        tasks.add_metric([queue.name, "waiting"], queue.waiting)
        tasks.add_metric([queue.name, "later"], queue.later)
        tasks.add_metric([queue.name, "running"], queue.running)
        oldest.add_metric([queue.name], queue.oldest)
        failed.add_metric([queue.name], queue.failed)
    yield from (tasks, oldest, failed)
