"""Up to where people have read, in all their tabs: many such notes in one transaction."""

from collections.abc import Sequence

from accounts.models import User
from realtime.batches import Batches
from realtime.database import on_database_thread

from .services.members import Read, mark_read

LARGEST_BATCH = 200


async def mark(user: User, room_id: int, seq: int) -> None:
    """Returns once it is committed. What was read before stays read."""
    await _batches.result_of(Read(user.pk, room_id, seq))


async def _mark(reads: Sequence[Read]) -> Sequence[None]:
    await on_database_thread(mark_read, reads)
    return [None] * len(reads)


_batches = Batches(_mark, LARGEST_BATCH)
