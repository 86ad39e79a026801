"""Group commit: what is sent while one transaction runs is written together in the next.

A transaction costs about the same with one message in it and with a hundred. Alone, a message
waits for nobody.
"""

import asyncio
import logging
from collections.abc import Sequence

from realtime.batches import Batches
from realtime.database import UNREACHABLE, on_database_thread

from .events import message_created, publish, room_group
from .feeds import feeds
from .models import Message
from .services.drafts import Draft, Written, write
from .services.plain import store_plain

LARGEST_BATCH = 64  # so that these are published while the next ones are stored

logger = logging.getLogger(__name__)


async def send(draft: Draft) -> Message:
    """Store a message; return once it is committed. The room hears of it right after.

    Raises CommandError if the author may not write there, and what the database raises.
    """
    written = await _batches.result_of(draft)
    if isinstance(written.outcome, Exception):
        raise written.outcome
    return written.outcome


_publishing: set[asyncio.Task[None]] = set()  # the loop itself would not keep them


async def _write(drafts: Sequence[Draft]) -> Sequence[Written]:
    written = await on_database_thread(_write_all, drafts)
    # In the background, since a Redis that is away must not hold up the next batch.
    task = asyncio.create_task(_publish(drafts, written))
    _publishing.add(task)
    task.add_done_callback(_publishing.discard)
    return written


_batches = Batches(_write, LARGEST_BATCH)


def _write_all(drafts: Sequence[Draft]) -> list[Written]:
    plain = store_plain(drafts)
    rest = [draft for draft, message in zip(drafts, plain, strict=True) if message is None]
    others = iter(_write_what_can_be(rest) if rest else [])
    return [
        Written(message, message_created(message, details=False)) if message else next(others)
        for message in plain
    ]


def _write_what_can_be(drafts: Sequence[Draft]) -> list[Written]:
    """If they cannot be stored together, each is tried by itself: a bad one harms no other."""
    try:
        return write(drafts)
    except UNREACHABLE:  # which the next one would raise, too
        raise
    except Exception as error:
        if len(drafts) == 1:
            return [Written(error)]
    logger.warning("A batch of %d messages is written one by one.", len(drafts))
    return [written for draft in drafts for written in _write_what_can_be([draft])]


async def _publish(drafts: Sequence[Draft], written: Sequence[Written]) -> None:
    events = [
        (room_group(draft.room_id), one.event)
        for draft, one in zip(drafts, written, strict=True)
        if one.event is not None
    ]
    if not await publish(events):
        feeds().look()
