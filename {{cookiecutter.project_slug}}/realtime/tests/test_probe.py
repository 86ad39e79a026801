"""The probe measures what a message would suffer, and is no trouble itself."""

import asyncio
import logging
import time

import pytest

from realtime import probe
from realtime.layers import PubSubLayer
from realtime.probe import PATIENCE_SECONDS, FanOutProbe

from .layers import AnyLayer, listened_to, until
from .redis import PrivateRedis


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PAUSE_SECONDS", 0.05)


@pytest.fixture
def seconds() -> list[float]:
    """What is reported."""
    return []


async def test_probes_arrive_one_after_the_other(layer: AnyLayer, seconds: list[float]) -> None:
    FanOutProbe(seconds.append).keep_going()
    await until(lambda: len(seconds) >= 3)
    assert 0 < min(seconds) < PATIENCE_SECONDS


async def test_a_stall_of_the_event_loop_is_in_the_figure(
    layer: AnyLayer, seconds: list[float]
) -> None:
    FanOutProbe(seconds.append).keep_going()
    await until(lambda: len(seconds) >= 1)
    time.sleep(0.5)  # while the next one is due
    await until(lambda: max(seconds) > 0.4)


async def test_what_is_lost_counts_as_long_and_is_not_logged(
    redis_layer: PubSubLayer,
    private_redis: PrivateRedis,
    seconds: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    FanOutProbe(seconds.append).keep_going()
    await until(lambda: len(seconds) >= 1)
    private_redis.kill()
    try:
        await until(lambda: seconds[-3:] == [PATIENCE_SECONDS] * 3, 30)
    finally:
        await asyncio.to_thread(private_redis.start)
    await until(lambda: seconds[-1] < PATIENCE_SECONDS, 30)
    assert [record.message[:8] for record in caplog.records] == ["Redis is", "Redis is"]


async def test_it_ends_when_nobody_asks_for_it_any_more(
    layer: AnyLayer, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "IDLE_SECONDS", 0.1)
    the_probe = FanOutProbe(seconds.append)
    the_probe.keep_going()
    await until(lambda: bool(seconds))
    await until(lambda: not listened_to(layer))
    first = len(seconds)
    the_probe.keep_going()
    await until(lambda: len(seconds) > first)


async def test_who_asks_often_gets_one_probe_at_a_time(
    layer: AnyLayer, seconds: list[float]
) -> None:
    the_probe = FanOutProbe(seconds.append)
    for _ in range(3):
        the_probe.keep_going()
    await until(lambda: len(seconds) >= 2)
    assert len(listened_to(layer)) == 1
