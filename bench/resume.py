"""A server is killed and started again, and all who were there come back at once."""

import asyncio
import json
import urllib.request
from dataclasses import replace
from functools import partial

from .crowd import Crowd
from .dialects import Chat
from .measure import Stopwatch, rest
from .results import Figures
from .rooms import Message, Wrong
from .servers import Server, started

MISSED = 50  # messages
FEW = 10  # of as many sockets, to compare with


async def resume(server: Server, sockets: int) -> Figures:
    """Ends the server. What is acknowledged by then, those who come back must be told."""
    last_seen = await talk(server)
    server.program.stop()
    figures: Figures = {}
    for name, number in (("few", sockets // FEW), ("all", sockets)):
        # Nothing but the database knows what was said.
        counting = [part.replace("asgi:", "counted:") for part in server.peer.command]
        peer = replace(server.peer, command=tuple(counting))
        with started(peer, server.services, server.cores.servers, f"{peer.name}-{name}") as program:
            program.wait_until_listening()
            again = replace(server, peer=peer, program=program)
            found = await come_back(again, last_seen, number)
            figures |= {f"resume_{name}_{figure}": value for figure, value in found.items()}
    return figures


async def talk(server: Server) -> str:
    """Messages are said and acknowledged. Returns how those ask for them who were there before."""
    crowd = Crowd(1, 1, "returning")
    [room] = crowd.rooms
    crowd.counts(oks=True, at_ok=True)
    dialect = Chat([room.name])
    try:
        await crowd.connect(server.ports, [[room]], lambda _: dialect, server.cookies)
        for _ in range(MISSED):
            room.speak()
        await crowd.arrivals()
    finally:
        await crowd.leave()
    return dialect.last_seen


async def come_back(server: Server, last_seen: str, sockets: int) -> Figures:
    crowd = Crowd(1, 1, "returning")
    [room] = crowd.rooms
    room.messages = [Message(room, number) for number in range(MISSED)]
    dialect = partial(Chat, missed_since=last_seen)
    try:
        watch = Stopwatch(server)
        # Each is ready when it has been told that this was all.
        await crowd.connect(server.ports, [[room]] * sockets, dialect, server.cookies)
        watch.stop()
        if lost := room.under_way:
            raise Wrong(f"Of what was missed, messages are lost: {lost}.")
        await crowd.settle()
    finally:
        await crowd.leave()
    await rest(server)
    return {
        "sockets": sockets,
        "seconds": watch.elapsed,
        **await asyncio.to_thread(queries, server),
    }


def queries(server: Server) -> Figures:
    url = f"http://127.0.0.1:{server.program.port}/queries"
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: Figures = json.load(answer)
    return {f"{kind}_queries": number for kind, number in found.items()}
