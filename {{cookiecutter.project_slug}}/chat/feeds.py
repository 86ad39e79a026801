"""The rooms that somebody listens to in this process: a feed for each."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import DatabaseError
from django.utils.translation import gettext as _

from realtime import close_codes
from realtime.database import on_database_thread
from realtime.listeners import Stop

from . import queries
from .feed import Feed, Hear

LOOK_SECONDS = 2.0  # between two looks at the numbers of all these rooms, in one query

LINGER_SECONDS = 5.0  # for who loads the page anew

logger = logging.getLogger(__name__)


class NotAdmittedError(Exception):
    """`code` is one of realtime.close_codes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Place(NamedTuple):
    """Somebody's place in a room."""

    feed: Feed
    leave: Stop


@dataclass(slots=True)
class _Entry:
    opening: asyncio.Task[Feed | None]
    places: int = 0

    @property
    def feed(self) -> Feed | None:
        """There is none yet, or none of this room, or the database failed."""
        opening = self.opening
        if not opening.done() or opening.cancelled() or opening.exception():
            return None
        return opening.result()


class Feeds:
    """Those of one event loop. To join a room that has a feed costs no query."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._looking: asyncio.Task[None] | None = None
        self._look_now = asyncio.Event()

    async def join(self, slug: str, user: Any, hear: Hear) -> Place:
        """Hear a room until `leave()`. Raises NotAdmittedError, and what the database raises."""
        entry = self._entries.get(slug)
        if entry is None or (entry.feed is not None and entry.feed.is_gone):
            entry = self._entries[slug] = _Entry(asyncio.create_task(_opened(slug)))
        entry.places += 1
        stop: Stop | None = None
        feed: Feed | None = None

        def leave() -> None:
            nonlocal entry
            if entry is not None:
                if stop is not None and feed is not None:
                    stop()
                    feed.presence.leave(user)
                self._give_up(slug, entry)
                entry = None

        try:
            feed = await asyncio.shield(entry.opening)
            if feed is not None and not feed.admits(user):  # they may just have become a member
                await feed.refresh()
            if feed is None or not feed.admits(user):  # which of the two is nobody's business
                raise NotAdmittedError(close_codes.NOT_FOUND, _("There is no such room."))
        except BaseException:
            leave()
            raise
        stop = feed.add(hear)
        feed.presence.enter(user)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return Place(feed, leave)

    def look(self) -> None:
        """Look at the numbers now, since something was not published."""
        self._look_now.set()

    def _give_up(self, slug: str, entry: _Entry) -> None:
        entry.places -= 1
        if entry.places == 0 and entry.feed is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(LINGER_SECONDS, self._close, slug, entry)
        elif entry.places == 0:
            self._close(slug, entry)

    def _close(self, slug: str, entry: _Entry) -> None:
        if entry.places:  # since somebody has come back
            return
        if self._entries.get(slug) is entry:
            del self._entries[slug]
        if entry.feed is not None:
            entry.feed.stop()
        entry.opening.cancel()
        if not self._entries and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                await self._compare()
            except DatabaseError as error:
                logger.debug("The rooms' numbers cannot be read: %s", error)

    async def _compare(self) -> None:
        entries = self._entries.values()
        open_feeds = {feed.room_id: feed for entry in entries if (feed := entry.feed) is not None}
        if not open_feeds:
            return
        known = {room_id: feed.seq for room_id, feed in open_feeds.items()}
        numbers = await on_database_thread(queries.room_numbers, list(open_feeds))
        for room_id, feed in open_feeds.items():
            feed.compare(numbers.get(room_id), known[room_id])


async def _opened(slug: str) -> Feed | None:
    room_id = await on_database_thread(queries.room_id, slug)
    if room_id is None:
        return None
    feed = Feed(room_id)
    try:
        await feed.start()
    except BaseException:
        feed.stop()
        raise
    return feed


_all: WeakKeyDictionary[asyncio.AbstractEventLoop, Feeds] = WeakKeyDictionary()


def feeds() -> Feeds:
    """Those of the running event loop."""
    return _all.setdefault(asyncio.get_running_loop(), Feeds())
