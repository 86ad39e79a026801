"""Following a room at one's own pace, as over HTTP: what was missed, and then what happens."""

import asyncio
from collections import deque
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs

from realtime import close_codes
from realtime.types import Message as LayerMessage

from .feed import Feed, Missed
from .feeds import NotAdmittedError, feeds

SIGNALS_AT_MOST = 50  # of which who is slow misses the older ones


class Since(NamedTuple):
    """Where a client left off, as the query string has it."""

    seq: int | None = None
    epoch: str | None = None

    @classmethod
    def of(cls, query_string: bytes) -> Self:
        """Raises ValueError if `since` is no number."""
        values = parse_qs(query_string.decode())
        seq = values.get("since")
        return cls(int(seq[0]) if seq else None, values.get("epoch", [None])[0])

    @classmethod
    def of_event_id(cls, text: str) -> Self:
        """As the ids of server-sent events are: "5.<epoch>". Raises ValueError."""
        seq, _, epoch = text.partition(".")
        return cls(int(seq), epoch or None)


class Follower:
    """Somebody's place in a room: `async with Follower(slug, user, since) as follower`.

    Entering raises NotAdmittedError, and so does `take()` once they are removed.
    """

    feed: Feed

    def __init__(self, slug: str, user: Any, since: Since) -> None:
        self.seq, self._epoch = since
        self._slug = slug
        self._user = user
        self._signals: deque[str] = deque(maxlen=SIGNALS_AT_MOST)
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.feed, self._leave = await feeds().join(self._slug, self._user, self._hear)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    async def wait(self) -> None:
        """Until there may be something to take."""
        await self._news.wait()

    def take(self) -> Missed:
        """What has come since the last time, or since `since` at first; perhaps nothing."""
        self._news.clear()
        if not self.feed.admits(self._user):
            raise NotAdmittedError(close_codes.REMOVED, "You were removed from this room.")
        missed = self.feed.missed_since(self.seq, self._epoch)
        self.seq, self._epoch = missed.seq, self.feed.room.epoch
        return missed

    def take_signals(self) -> list[str]:
        signals = list(self._signals)
        self._signals.clear()
        return signals

    def _hear(self, message: LayerMessage) -> None:
        if message["type"] == "room.signal":
            self._signals.append(message["text"])
        self._news.set()
