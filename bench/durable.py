"""Every message is stored before anybody hears it: what that costs, beside the tutorial."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace

import psycopg

from .catalogue import Peer
from .crowd import Crowd
from .dialects import Plain
from .measure import crowd_of, offer, saturate
from .results import Figures, Plan, Results
from .resume import resume
from .rooms import Wrong
from .servers import Server
from .stores import SHAPES
from .workloads import SHARE_OFFERED, rounds

DURABLE = "durable"  # the name of this workload
RESUME_SECONDS = 5  # for each server, and a latency before
COUNT = "SELECT count(*) FROM chat_message WHERE body LIKE '<%'"  # without greetings

type Servers = Sequence[Server]
type Crowds = dict[tuple[Server, "Turn"], Crowd]


@dataclass(frozen=True)
class Turn:
    shape: str
    speakers: int  # in each room
    window: int  # messages ahead
    acknowledged: bool = False  # that is what counts, and not that all have heard them
    stored: bool = True

    def is_of(self, peer: Peer) -> bool:
        """Only the site's rooms are compared with themselves; if not stored, once."""
        if not self.acknowledged and not peer.acknowledges:
            return False
        return self.stored or peer.postgres

    @property
    def figure(self) -> str:
        return self.shape if self.stored else f"{self.shape}_plain"


SENDERS = Turn("senders", 10, 10, acknowledged=True)
TURNS = (
    SENDERS,
    Turn("alone", 1, 1, acknowledged=True),
    Turn("sender", 1, 1, acknowledged=True),
    Turn("large_room", 25, 25),
    Turn("large_room", 25, 25, stored=False),
    Turn("small_rooms", 1, 5),
    Turn("small_rooms", 1, 5, stored=False),
)


async def durable(servers: Servers, plan: Plan, results: Results, deadline: float) -> None:
    async with AsyncExitStack() as stack:
        crowds: Crowds = {}
        for server in servers:
            with results.noting(DURABLE, server):
                for turn in TURNS:
                    if turn.is_of(server.peer):
                        crowds[server, turn] = await people(stack, server, turn)
        for _ in rounds(plan.rounds, deadline - RESUME_SECONDS * len(servers)):
            for turn in TURNS:
                for server in results.without_errors(DURABLE, servers):
                    if (server, turn) in crowds:
                        with results.noting(DURABLE, server):
                            figures = await press(server, crowds[server, turn], turn, plan.store)
                            results.add(DURABLE, server, figures)
        rate = round(SHARE_OFFERED * slowest(results, servers), -1) or 10
        for server in results.without_errors(DURABLE, servers):
            with results.noting(DURABLE, server):
                crowd = crowds[server, SENDERS]
                figures = await offer(
                    server, crowd, crowd.rooms, rate * len(crowd.rooms[0].members), plan.store
                )
                results.add(DURABLE, server, figures | {"offered": rate})
                check(server, crowds)
    for server in results.without_errors(DURABLE, servers):
        if server.peer.acknowledges:
            with results.noting(DURABLE, server):
                results.add(DURABLE, server, await resume(server, plan.returning))


async def people(stack: AsyncExitStack, server: Server, turn: Turn) -> Crowd:
    rooms, size = SHAPES[turn.shape]
    if not turn.stored:
        plain = replace(server.peer, dialect=Plain, acknowledges=False)
        server = replace(server, peer=plain)
    crowd, _ = await stack.enter_async_context(
        crowd_of(
            server,
            rooms=rooms,
            size=size,
            speakers=turn.speakers,
            name=turn.shape if turn.stored else "",
            at_ok=turn.acknowledged,
        )
    )
    return crowd


async def press(server: Server, crowd: Crowd, turn: Turn, seconds: float) -> Figures:
    """Messages a second, or else deliveries; `database_cpu` is PostgreSQL's share of its core."""
    postgres = server.services.postgres if server.peer.postgres else None
    begin, spent = time.perf_counter(), postgres.family_cpu_seconds if postgres else 0.0
    found = await saturate(server, crowd, seconds, turn.window)
    if postgres:
        share = (postgres.family_cpu_seconds - spent) / (time.perf_counter() - begin)
        found["database_cpu"] = share
    size = SHAPES[turn.shape][1] if turn.acknowledged else 1
    found["per_second"] = found.pop("deliveries_per_second") / size
    found["cpu_ms"] = found.pop("cpu_seconds_per_100k") * size / 100
    return {f"{turn.figure}_{name}": value for name, value in found.items()}


def slowest(results: Results, servers: Servers) -> float:
    """Messages a second."""
    medians = (results.median(DURABLE, server.peer.name) for server in servers)
    return min((found["senders_per_second"] for found in medians if found), default=0)


def check(server: Server, crowds: Crowds) -> None:
    """Raises Wrong unless the database has each message once."""
    said = sum(
        len(room.messages)
        for (of_server, turn), crowd in crowds.items()
        for room in crowd.rooms
        if of_server is server and turn.stored
    )
    if (stored := count(server)) != said:
        raise Wrong(f"{said:,} messages were said, {stored:,} are stored.")


def count(server: Server) -> int:
    url = server.services.database(server.peer)
    database = psycopg.connect(url) if server.peer.postgres else sqlite3.connect(url[10:])
    with closing(database):
        [found] = database.execute(COUNT).fetchone() or [0]
    return int(found)
