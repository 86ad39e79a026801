"""A room as server-sent events, for clients without WebSockets.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing

from .events import room_joined
from .following import Follower
from .http import RoomHttpConsumer

HEARTBEAT_SECONDS = 15.0  # without it, nobody notices a client that went without a word
RESPONSE_BYTES = 1024 * 1024  # a server may keep what the client does not read
RETRY_MILLISECONDS = 1000, 4000  # chosen at random, so that not all come back at once

HEADERS = [
    (b"Content-Type", b"text/event-stream"),
    (b"Cache-Control", b"no-cache, no-transform"),  # nor should a proxy compress it
    (b"X-Accel-Buffering", b"no"),  # nginx
]


class RoomEvents(RoomHttpConsumer):
    """Streams a room's events. The client that comes back with `Last-Event-ID` gets the rest.

    After so many bytes the response ends, and the next request proves that they were read.
    """

    def since(self) -> int | None:
        for name, value in self.scope["headers"]:
            if name == b"last-event-id" and value:
                return int(value)
        return super().since()

    async def follow(self, follower: Follower) -> None:
        await self.send_headers(headers=HEADERS)
        written = 0
        async with aclosing(_lines(follower)) as lines:
            async for line in lines:
                data = line.encode()
                await self.send_body(data, more_body=True)
                written += len(data)
                if written >= RESPONSE_BYTES:
                    break
        await self.send_body(b"retry: 0\n\n")


async def _lines(follower: Follower) -> AsyncGenerator[str]:
    yield f"retry: {random.randint(*RETRY_MILLISECONDS)}\n\n"  # noqa: S311  (no secret)
    joined = False
    while True:
        missed = await follower.take()
        for event in missed.events:
            yield _event("message.created", event["seq"], event["text"])
        if not joined or not missed.recovered:
            text = room_joined(missed.seq, recovered=missed.recovered)
            yield _event("room.joined", missed.seq, text)
        joined = True
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await follower.wait()
        except TimeoutError:
            yield ": still here\n\n"


def _event(name: str, number: int, data: str) -> str:
    return f"event: {name}\nid: {number}\ndata: {data}\n\n"
