"""What is acknowledged is committed, and what is written together harms nobody."""

import asyncio
import uuid

import pytest
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from accounts.models import User
from chat import services, writer
from chat.models import Membership, Message, Room
from chat.services import Draft, drafts
from realtime.database import on_database_thread
from realtime.errors import CommandError


async def send_all(*drafts: Draft) -> list[Message | BaseException]:
    return await asyncio.gather(*map(writer.send, drafts), return_exceptions=True)


def draft(author: User, room: Room, body: str = "hello", **fields: object) -> Draft:
    return Draft(author=author, room_id=room.pk, body=body, **fields)  # type: ignore[arg-type]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many drafts each transaction was to store."""
    batches: list[int] = []
    write = drafts.write

    def noted(batch: list[Draft]) -> list[drafts.Written]:
        batches.append(len(batch))
        return write(batch)

    monkeypatch.setattr(writer, "write", noted)
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


async def test_a_database_that_fails_fails_the_send_and_the_next_one_works(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(batch: list[Draft]) -> list[drafts.Written]:
        raise DatabaseError("gone")

    with monkeypatch.context() as context:
        context.setattr(writer, "write", fail)
        with pytest.raises(DatabaseError):
            await writer.send(draft(alice, room))
    assert (await writer.send(draft(alice, room))).seq == 1
