"""A room as server-sent events, for clients without WebSockets: they hear what the socket says.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing

from realtime.event_stream import HEADERS

from .events import presence_list, room_joined
from .following import Follower, Since
from .http import RoomHttpConsumer

HEARTBEAT_SECONDS = 15.0  # without it, nobody notices a client that went without a word
RESPONSE_BYTES = 1024 * 1024  # a server may keep what the client does not read
RETRY_MILLISECONDS = 1000, 4000  # chosen at random, so that not all come back at once


class RoomEvents(RoomHttpConsumer):
    """Streams a room's events. The client that comes back with `Last-Event-ID` gets the rest.

    After so many bytes the response ends, and the next request proves that they were read.
    """

    def since(self) -> Since:
        for name, value in self.scope["headers"]:
            if name == b"last-event-id" and value:
                return Since.of_event_id(value.decode())
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
        missed = follower.take()
        epoch = follower.feed.room.epoch
        for event in missed.events:
            yield _event(event["text"], event["seq"], epoch)
        if not joined or not missed.recovered:
            joined_text = room_joined(missed.seq, epoch, recovered=missed.recovered)
            yield _event(joined_text, missed.seq, epoch)
        if not joined:
            yield _event(presence_list(follower.feed.presence.people))
        joined = True
        for text in follower.take_signals():
            yield _event(text)
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await follower.wait()
        except TimeoutError:
            yield ": still here\n\n"


def _event(data: str, seq: int | None = None, epoch: str = "") -> str:
    number = "" if seq is None else f"id: {seq}.{epoch}\n"
    return f"{number}data: {data}\n\n"
