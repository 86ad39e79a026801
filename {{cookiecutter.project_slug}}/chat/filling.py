"""A chat of any size, to measure with: rooms, people, and messages as they might have come."""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import accumulate, islice, repeat
from typing import Any, cast

from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone

from accounts.models import User
from chat.models import Change, Membership, Mention, Message, Reaction, Room

NAME = "filled"
KINDS = [Room.Kind.OPEN] * 7 + [Room.Kind.PRIVATE] * 2 + [Room.Kind.DIRECT]
ROOMS_OF_EACH = 40  # in which one person is
BEGINNING = timedelta(days=730)  # so long ago
SYLLABLES = [consonant + vowel for consonant in "bdgklmrt" for vowel in "ao"]
WORDS = [a + b + c for c in ("", *SYLLABLES) for b in SYLLABLES for a in SYLLABLES]
EMOJI = ("👍", "❤️", "😂", "🎉")
MESSAGE_FIELDS = (
    "id", "room", "author", "seq", "client_id", "kind", "body", "reply_to", "created_at",
)  # fmt: skip

chance = random.Random(1)  # noqa: S311  (the same each time)


def create_rooms(count: int) -> list[Room]:
    numbers = range(1, count + 1)
    rooms = [
        Room(name=f"Filled {number}", slug=f"{NAME}-{number}", kind=KINDS[number % len(KINDS)])
        for number in numbers
    ]
    return Room.objects.bulk_create(rooms)


def create_people(count: int) -> list[User]:
    """They cannot sign in, for want of a password."""
    names = [f"{NAME}-{number}" for number in range(1, count + 1)]
    people = [User(username=name, email=f"{name}@example.com", password="") for name in names]
    User.objects.bulk_create(people, ignore_conflicts=True)
    return list(User.objects.filter(username__in=names))


def choose_members(
    rooms: Sequence[Room], people: Sequence[User], everywhere: Sequence[User]
) -> dict[int, list[User]]:
    """Who is in each room: two in a direct one, elsewhere some, and those who are everywhere."""
    members: dict[int, list[User]] = {room.pk: list(everywhere) for room in rooms}
    for room in rooms:
        if room.kind == Room.Kind.DIRECT:
            members[room.pk] = chance.sample(people, 2)
    shared = [room for room in rooms if room.kind != Room.Kind.DIRECT]
    for person in people:
        for room in chance.sample(shared, min(ROOMS_OF_EACH, len(shared))):
            members[room.pk].append(person)
    return members


def create_messages(rooms: Sequence[Room], members: dict[int, list[User]], count: int) -> None:
    """Messages with mentions, replies and reactions, in the order in which they were written."""
    last = Message.objects.aggregate(last=models.Max("pk"))["last"] or 0
    writing = _Writing(members, first=last + 1)
    _insert(Message, MESSAGE_FIELDS, writing.messages(rooms, count))
    _insert(Mention, ("message", "user", "seen"), writing.mentions)
    _insert(Reaction, ("message", "user", "emoji"), writing.reactions)
    _insert(Change, ("room", "seq", "message"), writing.changes)
    Room.objects.bulk_update(rooms, ["seq"], batch_size=500)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Message]):
            cursor.execute(statement)


def create_memberships(rooms: Sequence[Room], members: dict[int, list[User]]) -> None:
    """Most people have read nearly all."""
    Membership.objects.bulk_create(
        Membership(room=room, user=user, read_seq=int(room.seq * (1 - chance.random() ** 4)))
        for room in rooms
        for user in members[room.pk]
    )


class _Writing:
    """Makes up rows. Those beside messages are there once the messages have been taken."""

    def __init__(self, members: dict[int, list[User]], first: int) -> None:
        self._members = members
        self._first = first
        self.mentions: list[Sequence[Any]] = []
        self.reactions: list[Sequence[Any]] = []
        self.changes: list[Sequence[Any]] = []

    def messages(self, rooms: Sequence[Room], count: int) -> Iterator[Sequence[Any]]:
        now = timezone.now()
        last_in: dict[int, int] = {}
        choices = zip(range(count), _busy(rooms), _bodies(), strict=False)
        for number, room, body in choices:
            pk, author = self._first + number, chance.choice(self._members[room.pk])
            reply_to = last_in.get(room.pk) if chance.random() < 0.1 else None
            room.seq += 1
            at = now - BEGINNING * (1 - number / count)
            kind = Message.Kind.TEXT
            yield pk, room.pk, author.pk, room.seq, uuid.uuid4(), kind, body, reply_to, at
            last_in[room.pk] = pk
            if chance.random() < 0.02:
                self.mentions.append((pk, chance.choice(self._members[room.pk]).pk, True))
            if chance.random() < 0.05:
                self._react(room, pk)

    def _react(self, room: Room, message: int) -> None:
        user = chance.choice(self._members[room.pk])
        self.reactions.append((message, user.pk, chance.choice(EMOJI)))
        room.seq += 1
        self.changes.append((room.pk, room.seq, message))


def _busy(rooms: Sequence[Room]) -> Iterator[Room]:
    """A few rooms have most of the messages."""
    weights = list(accumulate(1 / rank for rank in range(1, len(rooms) + 1)))
    for _ in repeat(None):
        yield from chance.choices(rooms, cum_weights=weights, k=10_000)


def _bodies() -> Iterator[str]:
    """A few words are common and many are rare; most bodies are short."""
    weights = list(accumulate(1 / rank for rank in range(1, len(WORDS) + 1)))
    for _ in repeat(None):
        words = iter(chance.choices(WORDS, cum_weights=weights, k=100_000))
        while body := " ".join(islice(words, int(chance.expovariate(1 / 9)) + 1)):
            yield body


def _insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Past the ORM, for which a million objects are slow, and which sets the times itself."""
    fields = [cast(models.Field[Any, Any], model._meta.get_field(name)) for name in names]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    table = f'"{model._meta.db_table}" ({columns})'
    converters = [field.get_db_prep_save for field in fields]
    stored = (
        [convert(value, connection) for convert, value in zip(converters, row, strict=True)]
        for row in rows
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in stored:
                    copy.write_row(row)
        else:
            places = ", ".join("%s" for _ in fields)
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", stored)  # type: ignore[arg-type]  # noqa: S608
