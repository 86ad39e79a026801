"""A room by long polling, for clients that can do no more than ask."""

import asyncio

from msgspec import Raw

from realtime.envelope import encode_json

from .following import Follower
from .http import RoomHttpConsumer

POLL_SECONDS = 25.0  # under the minute after which many proxies give up


class RoomPoll(RoomHttpConsumer):
    """Answers once there is something after `since`, or with 204 after a while.

    Without `since` it answers at once, with the number to ask for next.
    """

    async def follow(self, follower: Follower) -> None:
        since = follower.seq
        try:
            async with asyncio.timeout(POLL_SECONDS):
                missed = follower.take()
                while missed.seq == since and missed.recovered:
                    await follower.wait()
                    missed = follower.take()
        except TimeoutError:
            await self.send_response(204, b"", headers=[(b"Cache-Control", b"no-store")])
            return
        answer = {
            "events": [Raw(event["text"].encode()) for event in missed.events],
            "seq": missed.seq,
            "epoch": follower.feed.room.epoch,
            "recovered": missed.recovered,
        }
        headers = [(b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store")]
        await self.send_response(200, encode_json(answer).encode(), headers=headers)
