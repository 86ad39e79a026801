"""What the sockets do. In each round every peer has its turn, so that what disturbs the machine
for a while disturbs all of them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack

from .crowd import Crowd
from .measure import crowd_of, offer, roll_call, saturate
from .results import Plan, Results
from .servers import Server

IDLE_RATE = 100  # deliveries a second in the one active room
SHARE_OFFERED = 0.5  # of what the slowest peer can do, offered to all
# Rooms, members, speakers, messages ahead. Two speak in the small rooms: one at each process.
SHAPES = {"large_room": (1, 100, 25, 25), "small_rooms": (50, 10, 2, 5)}

type Servers = Sequence[Server]


async def idle(servers: Servers, plan: Plan, results: Results, deadline: float) -> None:
    """Memory for each socket that only waits, and what the rest notice of so many."""
    for server in servers:
        with results.noting("idle", server):
            async with crowd_of(server, rooms=2, size=10):
                pass  # what the first sockets load is not theirs
            memory = server.program.memory
            async with crowd_of(server, rooms=plan.crowd // 10, size=10) as (crowd, connects):
                memory = server.program.memory - memory
                results.add("storm", server, connects)
                await roll_call(crowd)
                figures = await offer(server, crowd, crowd.rooms[:1], IDLE_RATE, plan.offer)
                figures["bytes_per_connection"] = memory / len(crowd.members)
                results.add("idle", server, figures)


async def storm(servers: Servers, plan: Plan, results: Results, deadline: float) -> None:
    """As many sockets again, for the time it takes to open them."""
    for _ in rounds(plan.storms, deadline):
        for server in results.without_errors("storm", servers):
            with results.noting("storm", server):
                async with crowd_of(server, rooms=plan.crowd // 10, size=10) as (crowd, connects):
                    await roll_call(crowd)
                    results.add("storm", server, connects)


async def large_room(servers: Servers, plan: Plan, results: Results, deadline: float) -> None:
    await talk("large_room", servers, plan, results, deadline, (1, 100, 25), window=25)


async def small_rooms(servers: Servers, plan: Plan, results: Results, deadline: float) -> None:
    await talk("small_rooms", servers, plan, results, deadline, (50, 10, 1), window=5)


async def talk(
    name: str,
    servers: Servers,
    plan: Plan,
    results: Results,
    deadline: float,
    shape: tuple[int, int, int],
    window: int,
) -> None:
    """First as much as each peer can do, then the same for all."""
    rooms, size, speakers = shape
    crowds: dict[Server, Crowd] = {}
    async with AsyncExitStack() as stack:
        for server in servers:
            with results.noting(name, server):
                people = crowd_of(server, rooms=rooms, size=size, speakers=speakers)
                crowds[server], _ = await stack.enter_async_context(people)
        for _ in rounds(plan.rounds, deadline - plan.offer * len(servers)):
            for server in results.without_errors(name, servers):
                with results.noting(name, server):
                    figures = await saturate(server, crowds[server], plan.saturate, window)
                    results.add(name, server, figures)
        rate = round(SHARE_OFFERED * results.slowest(name), -2) or 100
        for _ in rounds(plan.rounds, deadline):
            for server in results.without_errors(name, servers):
                with results.noting(name, server):
                    crowd = crowds[server]
                    figures = await offer(server, crowd, crowd.rooms, rate, plan.offer)
                    results.add(name, server, figures)


async def multiplexer(servers: Servers, plan: Plan, results: Results, deadline: float) -> None:
    """Twenty people in five rooms each: five streams of one socket, or five sockets."""
    for _ in rounds(plan.rounds, deadline):
        ours = [server for server in servers if server.peer.multiplexed]
        for server in results.without_errors("multiplexer", ours):
            for figure, multiplexed in (("direct", False), ("multiplexed", True)):
                with results.noting("multiplexer", server):
                    people = crowd_of(
                        server, rooms=5, size=20, speakers=5, streams=5, multiplexed=multiplexed
                    )
                    async with people as (crowd, _):
                        found = await saturate(server, crowd, plan.saturate, window=5)
                        found[figure] = found.pop("deliveries_per_second")
                        results.add("multiplexer", server, found)


async def two_processes(servers: Servers, plan: Plan, results: Results, deadline: float) -> None:
    """The same rooms at one process, then spread over two, each with a core of its own."""
    ours = [server for server in servers if server.peer.multiplexed]
    if any(len(server.cores.spare) < 2 for server in ours):
        results.skipped["two_processes"] = "It needs four cores."
        return
    async with AsyncExitStack() as stack:
        pairs: dict[Server, tuple[Server, Server]] = {}
        for server in ours:
            with results.noting("two_processes", server):
                pairs[server] = stack.enter_context(server.one_and_two())
        for _ in rounds(plan.rounds, deadline):
            for server in results.without_errors("two_processes", ours):
                with results.noting("two_processes", server):
                    await spread(server, pairs[server], plan, results)


async def spread(server: Server, pair: tuple[Server, Server], plan: Plan, results: Results) -> None:
    for shape, (number, size, speakers, window) in SHAPES.items():
        for processes, name in zip(pair, ("one", "two"), strict=True):
            people = crowd_of(processes, rooms=number, size=size, speakers=speakers)
            async with people as (crowd, _):
                found = await saturate(processes, crowd, plan.saturate, window)
            renamed = {f"{shape}_{name}_{figure}": value for figure, value in found.items()}
            results.add("two_processes", server, renamed)


def rounds(number: int, deadline: float) -> Iterator[int]:
    """So many rounds, or fewer where the time is up."""
    for done in range(number):
        if done and time.monotonic() > deadline:
            return
        yield done


# In this order: memory is honest only in a process that has not held many sockets before.
# With the share of a run's time that each may take before it leaves rounds out.
WORKLOADS = {
    "idle": (idle, 10),
    "storm": (storm, 8),
    "large_room": (large_room, 30),
    "small_rooms": (small_rooms, 34),
    "multiplexer": (multiplexer, 7),
    "two_processes": (two_processes, 11),
}
