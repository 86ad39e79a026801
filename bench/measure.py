"""A crowd on a server, and the two measurements: how much, and how fast."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from .crowd import Crowd
from .results import Figures
from .rooms import Room
from .servers import Server


@asynccontextmanager
async def crowd_of(
    server: Server,
    *,
    rooms: int,
    size: int,
    speakers: int = 1,
    streams: int = 1,
    multiplexed: bool = False,
) -> AsyncIterator[tuple[Crowd, float]]:
    """`rooms` rooms of `size` members each, and the connects a second it took to fill them.

    In each room the first `speakers` speak in turn.
    With `streams`, people are in that many rooms each: over one socket if `multiplexed`, else
    over a socket for each room.
    """
    crowd = Crowd(rooms, speakers)
    seating: list[list[Room]] = []
    for start in range(0, rooms, streams):
        theirs = crowd.rooms[start : start + streams]
        seating += [theirs] * size if multiplexed else [[room] for room in theirs] * size
    dialect = server.peer.multiplexed if multiplexed else server.peer.dialect
    if dialect is None:
        raise ValueError(f"{server.peer.name} has no multiplexer.")
    try:
        rate = await crowd.connect(server.program.port, seating, dialect, server.cookies)
        await crowd.greet()
        yield crowd, rate
    finally:
        await crowd.leave()


async def saturate(server: Server, crowd: Crowd, seconds: float, window: int) -> Figures:
    """Deliveries a second with `window` messages under way in each room.

    Counted until the last of them has arrived, or a slow peer would be judged by how it begins.
    """
    deliveries, cpu = crowd.deliveries, server.cpu_seconds
    begin, load_begin = time.perf_counter(), time.process_time()
    for room in crowd.rooms:
        room.press(window)
    await crowd.during(seconds)
    for room in crowd.rooms:
        room.pressed = False
    await crowd.arrivals()
    elapsed, load = time.perf_counter() - begin, time.process_time() - load_begin
    deliveries, cpu = crowd.deliveries - deliveries, server.cpu_seconds - cpu
    await crowd.settle()
    return {
        "deliveries_per_second": deliveries / elapsed,
        "cpu_seconds_per_100k": cpu / deliveries * 100_000,
        "server_cpu": cpu / elapsed,
        "load_cpu": load / elapsed,
    }


async def offer(crowd: Crowd, rooms: Sequence[Room], rate: float, seconds: float) -> Figures:
    """Latency while `rate` deliveries a second are asked for, however the peer keeps up."""
    between = len(rooms[0].members) / rate
    crowd.latencies = type(crowd.latencies)("d")
    crowd.timing = True
    begin = time.perf_counter()
    for step in range(max(1, int(seconds / between))):
        wait = begin + step * between - time.perf_counter()
        if wait > 0:
            await crowd.during(wait)
        rooms[step % len(rooms)].speak()
    await crowd.settle()
    crowd.timing = False
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
