from bisect import bisect_left
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from chat.models import Message, Room
from chat.shown import with_details

HISTORY = 50  # messages on a page


class History(NamedTuple):
    """Some messages of a room, oldest first, and whether there are more on each side."""

    messages: list[Message]
    earlier: bool
    later: bool
    at: int | None = None  # the message that was asked for


def room_history(
    room: Room, *, before: int | None = None, after: int | None = None, at: int | None = None
) -> History:
    """The newest messages, or those next to a number, or those around a message.

    Raises Message.DoesNotExist if there is none `at` that number.
    """
    if at is not None:
        room.messages.only("pk").get(seq=at)
        return _around(room, at)
    if after is not None:
        messages, later = _following(room, after, HISTORY)
        return History(messages, bool(messages) and _any_before(room, messages[0]), later)
    messages, earlier = _preceding(room, before, HISTORY)
    later = before is not None and room.messages.filter(seq__gte=before).exists()
    return History(messages, earlier, later)


def first_of_day(room: Room, day: date) -> Message | None:
    """The first message of that day, here, or else of a later one.

    Halves the room some twenty times: an index of times would cost each message that is written.
    """
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    seq = bisect_left(range(room.seq + 1), midnight, key=lambda seq: _written_at(room, seq))
    return room.messages.filter(seq__gte=seq).order_by("seq").first()


def _written_at(room: Room, seq: int) -> datetime:
    """When the first message from that number on was written; long ahead, if there is none."""
    times = room.messages.filter(seq__gte=seq).order_by("seq").values_list("created_at", flat=True)
    return times.first() or datetime.max.replace(tzinfo=UTC)


def _around(room: Room, seq: int) -> History:
    half = HISTORY // 2
    before, earlier = _preceding(room, seq + 1, half)
    after, later = _following(room, seq, half)
    return History(before + after, earlier, later, seq)


def _preceding(room: Room, before: int | None, count: int) -> tuple[list[Message], bool]:
    messages = room.messages.all() if before is None else room.messages.filter(seq__lt=before)
    found, more = _some(messages.order_by("-seq"), count)
    return found[::-1], more


def _following(room: Room, after: int, count: int) -> tuple[list[Message], bool]:
    return _some(room.messages.filter(seq__gt=after).order_by("seq"), count)


def _some(messages: "QuerySet[Message]", count: int) -> tuple[list[Message], bool]:
    """One more than is shown tells whether there are more."""
    found = list(with_details(messages)[: count + 1])
    return found[:count], len(found) > count


def _any_before(room: Room, message: Message) -> bool:
    return room.messages.filter(seq__lt=message.seq).exists()
