"""What is acknowledged is committed, and what is written together harms nobody."""

import asyncio
import itertools
import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NoReturn

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from accounts.models import User
from chat import services, writer
from chat.models import Membership, Message, Room
from chat.services import Draft, plain
from chat.services.plain import store_plain
from realtime.database import THREADS, on_database_thread
from realtime.errors import CommandError


async def send_all(*drafts: Draft) -> list[Message | BaseException]:
    return await asyncio.gather(*map(writer.send, drafts), return_exceptions=True)


def draft(author: User, room: Room, body: str = "hello", **fields: object) -> Draft:
    return Draft(author=author, room_id=room.pk, body=body, **fields)  # type: ignore[arg-type]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many drafts were to be stored together, each time."""
    batches: list[int] = []

    def noted(batch: list[Draft]) -> list[Message | None]:
        batches.append(len(batch))
        return store_plain(batch)

    monkeypatch.setattr(writer, "store_plain", noted)
    return batches


async def test_what_comes_together_is_written_together(
    alice: User, bob: User, room: Room, batches: list[int]
) -> None:
    other = await on_database_thread(services.room_create, name="Other")
    wanted = [draft(user, where) for user in (alice, bob) for where in (room, other)] * 25
    wanted = [draft(one.author, room if one.room_id == room.pk else other) for one in wanted]
    sent = await send_all(*wanted)
    assert all(isinstance(message, Message) for message in sent)
    assert sum(batches) == 100
    assert len(batches) < 10
    for where in (room, other):
        seqs = where.messages.order_by("seq").values_list("seq", flat=True)
        assert [seq async for seq in seqs] == list(range(1, 51))
        await where.arefresh_from_db()
        assert where.seq == 50


async def test_one_alone_waits_for_nobody(alice: User, room: Room, batches: list[int]) -> None:
    message = await writer.send(draft(alice, room))
    assert await Message.objects.aget(pk=message.pk) == message
    assert batches == [1]


async def test_one_that_is_refused_harms_no_other(alice: User, bob: User, room: Room) -> None:
    private = await on_database_thread(
        services.room_create, name="Private", kind=Room.Kind.PRIVATE, owner=alice
    )
    sent = await send_all(draft(alice, private), draft(bob, private), draft(bob, room))
    assert [type(one) for one in sent] == [Message, CommandError, Message]
    await Membership.objects.acreate(user=bob, room=private)
    assert isinstance(await writer.send(draft(bob, private)), Message)


async def test_one_that_the_database_refuses_harms_no_other(alice: User, room: Room) -> None:
    nobody = User(pk=alice.pk + 1000, username="nobody")
    sent = await send_all(*(draft(author, room) for author in (alice, nobody, alice)))
    assert [type(one) for one in sent] == [Message, IntegrityError, Message]
    assert [seq async for seq in room.messages.values_list("seq", flat=True)] == [1, 2]


async def test_the_same_send_twice_in_a_batch_is_stored_once(alice: User, room: Room) -> None:
    client_id = uuid.uuid4()
    same = [draft(alice, room, client_id=client_id) for _ in range(5)]
    sent = await send_all(*same)
    assert len({message.pk for message in sent if isinstance(message, Message)}) == 1
    again = await writer.send(same[0])
    assert (again.seq, await room.messages.acount()) == (1, 1)


async def test_an_archived_room_takes_no_messages(alice: User, room: Room) -> None:
    await Room.objects.filter(pk=room.pk).aupdate(archived_at=timezone.now())
    with pytest.raises(CommandError):
        await writer.send(draft(alice, room))
    assert not await Message.objects.aexists()


@pytest.mark.parametrize("body", ["plain", "for @bob"])
async def test_a_database_that_fails_fails_the_send_and_the_next_one_works(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    tries = []

    def fail(batch: list[Draft]) -> NoReturn:
        tries.append(batch)
        raise OperationalError("gone")

    with monkeypatch.context() as context:
        context.setattr(writer, "write" if "@" in body else "store_plain", fail)
        sent = await send_all(draft(alice, room, body), draft(alice, room, body))
        assert [type(error) for error in sent] == [OperationalError] * 2
        assert len(tries) == 1  # and not one by one
    assert (await writer.send(draft(alice, room))).seq == 1


# In SQL of our own


def test_a_closed_room_costs_no_vain_try(
    alice: User,
    room: Room,
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    with django_assert_num_queries(0):
        assert store_plain([draft(alice, room, in_open_room=False)]) == [None]


async def test_a_room_that_was_closed_meanwhile_takes_nothing_from_others(
    alice: User, room: Room
) -> None:
    await Room.objects.filter(pk=room.pk).aupdate(kind=Room.Kind.PRIVATE)
    [sent] = await send_all(draft(alice, room))
    assert isinstance(sent, CommandError)
    assert sent.code == "not_allowed"


async def test_one_that_is_unusual_keeps_its_place_in_its_room(
    alice: User, bob: User, room: Room, batches: list[int]
) -> None:
    other = await on_database_thread(services.room_create, name="Other")
    bodies = ["one", "for @bob", "three"]
    sent = await send_all(draft(alice, other), *(draft(alice, room, body) for body in bodies))
    assert all(isinstance(message, Message) for message in sent)
    assert batches == [4]
    assert [body async for body in room.messages.values_list("body", flat=True)] == bodies


async def test_in_a_crowd_of_processes_no_number_is_missing_and_none_comes_twice(
    alice: User, room: Room
) -> None:
    """As many threads do, with connections of their own, that meet the rooms in other orders."""
    rooms = [room]
    for name in ("One", "Two", "Three"):
        rooms.append(await on_database_thread(services.room_create, name=name))

    def store(turn: int) -> None:
        places = rooms[turn % 4 :] + rooms[: turn % 4]
        drafts = [draft(alice, place, f"{turn}") for place in places[: 1 + turn % 3] for _ in "ab"]
        assert None not in store_plain(drafts)

    for turns in itertools.batched(range(40), THREADS):
        await asyncio.gather(*(on_database_thread(store, turn) for turn in turns))
    for place in rooms:
        await place.arefresh_from_db()
        seqs = place.messages.values_list("seq", flat=True)
        assert [seq async for seq in seqs] == list(range(1, place.seq + 1))


def test_whatever_a_message_must_have_is_written() -> None:
    """If this fails, a field is new: its value belongs into chat/services/plain.py."""
    fields = Message._meta.local_concrete_fields
    wanted = {field.column for field in fields if not (field.null or field.primary_key)}
    for statement in (plain.ON_POSTGRESQL, plain.INSERT_ON_SQLITE):
        columns = re.search(r"INSERT INTO chat_message \((.*?)\)", statement)
        assert columns is not None
        assert set(columns[1].split(", ")) == wanted
