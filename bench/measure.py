"""A crowd on a server, and the two measurements: how much, and how fast."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from .crowd import Crowd
from .results import Figures
from .rooms import Room
from .servers import Server

REST_SECONDS = 10


class Stopwatch:
    """The time that something takes, and the processor time of both sides."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._begin = self._now()

    def stop(self) -> None:
        spent = (end - begin for end, begin in zip(self._now(), self._begin, strict=True))
        self.elapsed, self.server, self.load = spent

    @property
    def shares(self) -> Figures:
        return {"server_cpu": self.server / self.elapsed, "load_cpu": self.load / self.elapsed}

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), self._server.cpu_seconds, time.process_time()


@asynccontextmanager
async def crowd_of(
    server: Server,
    *,
    rooms: int,
    size: int,
    speakers: int = 1,
    streams: int = 1,
    multiplexed: bool = False,
    name: str = "",
    at_ok: bool = False,
) -> AsyncIterator[tuple[Crowd, Figures]]:
    """`rooms` rooms of `size` members each, and how fast they connected.

    In each room the first `speakers` speak in turn.
    With `streams`, people are in that many rooms each: over one socket if `multiplexed`, else
    over a socket for each room. With `at_ok`, what counts is when a message is acknowledged,
    and not when all have heard it. `name` is that of rooms which exist.
    """
    crowd = Crowd(rooms, speakers, name)
    crowd.counts(oks=server.peer.acknowledges, at_ok=at_ok)
    seating: list[list[Room]] = []
    for start in range(0, rooms, streams):
        theirs = crowd.rooms[start : start + streams]
        seating += [theirs] * size if multiplexed else [[room] for room in theirs] * size
    dialect = server.peer.multiplexed if multiplexed else server.peer.dialect
    if dialect is None:
        raise ValueError(f"{server.peer.name} has no multiplexer.")
    try:
        watch = Stopwatch(server)
        await crowd.connect(server.ports, seating, dialect, server.cookies)
        watch.stop()
        await crowd.greet()
        yield crowd, {"connects_per_second": len(seating) / watch.elapsed, **watch.shares}
    finally:
        await crowd.leave()
        await rest(server)


async def rest(server: Server) -> None:
    """Wait until a server has put away what it had: whoever comes next has the same core."""
    end = time.perf_counter() + REST_SECONDS
    spent = -1.0
    while spent != server.cpu_seconds and time.perf_counter() < end:
        spent = server.cpu_seconds
        await asyncio.sleep(0.05)


async def saturate(server: Server, crowd: Crowd, seconds: float, window: int) -> Figures:
    """Deliveries a second with `window` messages under way in each room.

    Counted until the last of them has arrived, or a slow peer would be judged by how it begins.
    """
    deliveries, watch = crowd.deliveries, Stopwatch(server)
    for room in crowd.rooms:
        room.press(window)
    await crowd.during(seconds)
    for room in crowd.rooms:
        room.pressed = False
    await crowd.arrivals()
    watch.stop()
    deliveries = crowd.deliveries - deliveries
    await crowd.settle()
    await rest(server)
    return {
        "deliveries_per_second": deliveries / watch.elapsed,
        "cpu_seconds_per_100k": watch.server / deliveries * 100_000,
        **watch.shares,
    }


async def offer(
    server: Server, crowd: Crowd, rooms: Sequence[Room], rate: float, seconds: float
) -> Figures:
    """Latency while `rate` deliveries a second are asked for, however the peer keeps up."""
    between = len(rooms[0].members) / rate
    crowd.latencies = type(crowd.latencies)("d")
    crowd.time(True)
    begin = time.perf_counter()
    for step in range(max(1, int(seconds / between))):
        wait = begin + step * between - time.perf_counter()
        if wait > 0:
            await crowd.during(wait)
        rooms[step % len(rooms)].speak()
    await crowd.settle()
    crowd.time(False)
    await rest(server)
    milliseconds = sorted(1000 * latency for latency in crowd.latencies)
    return {
        "offered": rate,
        "p50_ms": percentile(milliseconds, 50),
        "p99_ms": percentile(milliseconds, 99),
        "p99_9_ms": percentile(milliseconds, 99.9),
    }


async def roll_call(crowd: Crowd) -> None:
    """Each room says one thing, which all of it must hear once."""
    for room in crowd.rooms:
        room.speak()
    await crowd.settle()


def percentile(ordered: Sequence[float], percent: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
