"""Row 14: a client that sends more than anybody could handle is closed, and harms nobody."""

import asyncio
import time

from realtime import close_codes
from tests.clients import PATIENCE, RawSocket, encoded
from tests.live import LiveServer

from .conftest import Join, until_inside

FLOOD_SECONDS = 5
MAY_GROW = 16 * 1024 * 1024
CLOSED = close_codes.TOO_MUCH.to_bytes(2)


def flood(server: LiveServer) -> int:
    """Send to a slow consumer without a break, and come back whenever the server has closed.

    Returns how often it has.
    """
    end = time.monotonic() + FLOOD_SECONDS
    count = 0
    while time.monotonic() < end:
        _flood_until_closed(server)
        count += 1
    return count


def _flood_until_closed(server: LiveServer) -> None:
    frames = encoded({"stream": "slow", "payload": "x" * 4096}) * 16
    with RawSocket(server, "/test/") as socket:
        socket.send({"stream": "slow", "event": "open"})
        socket.read_until(b"opened")
        give_up = time.monotonic() + PATIENCE
        while CLOSED not in socket.exchange(frames):
            assert time.monotonic() < give_up, "The server has not closed."


async def test_a_flood_is_closed_and_meanwhile_the_others_are_answered(
    server: LiveServer, join: Join
) -> None:
    others = [await join(server, "/test/hear/news/") for _ in range(5)]
    sizes = [server.memory]
    answered = 0
    flooding = asyncio.create_task(asyncio.to_thread(flood, server))
    while not flooding.done():
        answered += 1
        for client in others:
            await client.send(answered)
        for client in others:
            await client.hears(answered)
        sizes.append(server.memory)
        await asyncio.sleep(0.05)
    assert await flooding > 0
    assert max(sizes) - sizes[0] < MAY_GROW
    await until_inside(server, connections=len(others), streams=len(others))
