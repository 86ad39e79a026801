"""A room's feed gives each event once and in order, whatever happens on the way to it."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from channels.layers import channel_layers
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

from accounts.models import User
from chat import feeds as feeds_module
from chat import queries, writer
from chat.events import message_created, room_group
from chat.feed import Feed
from chat.feeds import NotAdmittedError, feeds
from chat.models import Membership, Message, Room
from chat.services import Draft
from realtime.database import on_database_thread
from realtime.layers import InMemoryLayer
from realtime.tests.layers import until
from realtime.types import Message as LayerMessage

from .http import say, write_silently


class Listener:
    """Keeps what a feed tells, and the numbers of the events among it."""

    def __init__(self) -> None:
        self.heard: list[LayerMessage] = []
        self.feed: Feed

    def __call__(self, message: LayerMessage) -> None:
        self.heard.append(message)

    @property
    def numbers(self) -> list[int]:
        return [message["seq"] for message in self.heard if message["type"] == "room.event"]

    def has(self, kind: str) -> bool:
        return any(message["type"] == kind for message in self.heard)


@asynccontextmanager
async def listening(room: Room, user: User) -> AsyncIterator[Listener]:
    listener = Listener()
    place = await feeds().join(room.slug, user, listener)
    listener.feed = place.feed
    try:
        yield listener
    finally:
        place.leave()


class LossyLayer(InMemoryLayer):
    """Loses some messages, lets others overtake, and brings some twice."""

    chance = random.Random(1)

    async def group_send(self, group: str, message: LayerMessage) -> None:
        fate = self.chance.random()
        if fate < 0.2:
            return
        if fate < 0.6:
            late = partial(self._send_late, group, message)
            asyncio.get_running_loop().call_later(self.chance.random() / 50, late)
        if fate > 0.5:
            await super().group_send(group, message)

    def _send_late(self, group: str, message: LayerMessage) -> None:
        self._late = asyncio.ensure_future(super().group_send(group, message))


async def test_two_listeners_of_a_room_share_what_it_reads(
    alice: User, bob: User, room: Room
) -> None:
    await say(alice, room, "before")
    async with listening(room, alice) as first, listening(room, bob) as second:
        assert first.feed is second.feed
        await say(alice, room, "one", "two")
        await until(lambda: first.numbers == second.numbers == [2, 3])
        assert first.heard[-1] is second.heard[-1]


async def test_what_came_out_of_order_is_told_in_order(alice: User, room: Room) -> None:
    async with listening(room, alice) as listener:
        for body in ("one", "two", "three"):
            await write_silently(alice, room, body)
        for seq in (3, 2, 2, 1, 3):
            message = await Message.objects.select_related("author").aget(seq=seq)
            await room_group(room.pk).asend(message_created(message, details=False))
        await until(lambda: listener.numbers == [1, 2, 3])
        assert not listener.has("room.caught_up")  # the database was not asked


async def test_what_nobody_published_arrives_all_the_same(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a process that was killed between its commit and the publishing."""
    monkeypatch.setattr(feeds_module, "LOOK_SECONDS", 0.1)
    async with listening(room, alice) as listener:
        await write_silently(alice, room, "committed")
        await until(lambda: listener.numbers == [1])


async def test_a_number_that_is_nobodys_is_passed_over(alice: User, room: Room) -> None:
    async with listening(room, alice) as listener:
        await say(alice, room, "one", "two", "three")
        await Message.objects.filter(seq=2).adelete()
    await until(lambda: not feeds()._entries)
    async with listening(room, alice) as listener:
        missed = listener.feed.missed_since(0)
        assert ([event["seq"] for event in missed.events], missed.recovered) == ([1, 3], True)
        await say(alice, room, "four")
        await until(lambda: listener.numbers == [4])


async def test_after_a_restored_backup_everybody_loads_anew(alice: User, room: Room) -> None:
    await say(alice, room, "one", "two")
    async with listening(room, alice) as listener:
        await Message.objects.filter(seq=2).adelete()
        await Room.objects.filter(pk=room.pk).aupdate(seq=1, epoch="another")
        feeds().look()
        await until(lambda: listener.has("room.reset"))
        assert listener.feed.missed_since(1, room.epoch) == (1, [], False)
        await say(alice, room, "another two")
        await until(lambda: listener.numbers == [2])


async def test_what_comes_while_the_database_is_asked_is_no_restored_backup(
    alice: User, room: Room
) -> None:
    await say(alice, room, "one")
    async with listening(room, alice) as listener:
        message = await Message.objects.select_related("author").aget(seq=1)
        message.seq = 2
        listener.feed.read()
        await asyncio.sleep(0)  # by now it asks, and the answer will have one message
        listener.feed._on_message(message_created(message, details=False))
        await until(lambda: listener.feed._reading is None)

        assert listener.numbers == [2]
        assert not listener.has("room.reset")


async def test_who_may_not_be_there_is_not_let_in(alice: User, bob: User, room: Room) -> None:
    with pytest.raises(NotAdmittedError):
        await feeds().join("nowhere", alice, print)
    await Room.objects.filter(pk=room.pk).aupdate(kind=Room.Kind.PRIVATE)
    await Membership.objects.acreate(room=room, user=alice)
    async with listening(room, alice) as listener:
        with pytest.raises(NotAdmittedError):
            await feeds().join(room.slug, bob, print)
        await on_database_thread(Membership.objects.filter(user=alice).delete)
        listener.feed.read()
        await until(lambda: listener.has("room.access") and not listener.feed.admits(alice))


async def test_a_room_that_could_not_be_read_can_be_joined_a_moment_later(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(slug: str) -> None:
        raise OperationalError("The database is away.")

    monkeypatch.setattr(feeds_module, "LINGER_SECONDS", 60)
    with monkeypatch.context() as context:
        context.setattr(queries, "room_id", fail)
        with pytest.raises(OperationalError):
            await feeds().join(room.slug, alice, print)
    monkeypatch.setattr(feeds_module, "LINGER_SECONDS", 0)
    async with listening(room, alice) as listener:
        assert listener.feed.room.slug == room.slug


async def test_who_has_just_become_a_member_is_let_in(alice: User, bob: User, room: Room) -> None:
    await Room.objects.filter(pk=room.pk).aupdate(kind=Room.Kind.PRIVATE)
    await Membership.objects.acreate(room=room, user=alice)
    async with listening(room, alice):
        await Membership.objects.acreate(room=room, user=bob)  # of which nobody was told
        async with listening(room, bob) as listener:
            assert listener.feed.admits(bob)


async def test_a_room_that_is_deleted_says_so(alice: User, room: Room) -> None:
    async with listening(room, alice) as listener:
        slug, room_id = room.slug, room.pk
        await on_database_thread(room.delete)
        feeds().look()
        await until(lambda: listener.has("room.gone"))
        again = await Room.objects.acreate(name="Again", slug=slug)
        async with listening(again, alice) as second:
            assert second.feed.room_id == again.pk != room_id


async def test_many_who_come_at_once_cost_as_many_queries_as_one(
    alice: User, room: Room, count_queries: Callable[[], int]
) -> None:
    await say(alice, room, *(f"message {number}" for number in range(50)))

    async def join_and_resume() -> int:
        async with listening(room, alice) as listener:
            await asyncio.sleep(0)
            return len(listener.feed.missed_since(10).events)

    before = count_queries()
    assert await join_and_resume() == 40
    alone = count_queries() - before
    await until(lambda: not feeds()._entries)
    found = await asyncio.gather(*(join_and_resume() for _ in range(500)))
    assert found == [40] * 500
    assert count_queries() - before - alone == alone


async def test_whenever_one_joins_nothing_is_missing_and_nothing_comes_twice(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand who come and go at random moments, on a layer that loses and reorders."""
    monkeypatch.setattr(feeds_module, "LOOK_SECONDS", 0.1)
    channel_layers.set("default", LossyLayer())
    chance = random.Random(2)
    room_events = queries.room_events

    def read_slowly(*args: Any) -> object:
        found = room_events(*args)
        time.sleep(chance.random() / 20)  # in which more may happen
        return found

    monkeypatch.setattr(queries, "room_events", read_slowly)

    async def write() -> None:
        for number in range(150):
            await writer.send(Draft(author=alice, room_id=room.pk, body=str(number)))
            await asyncio.sleep(chance.random() / 50)

    async def visit() -> None:
        await asyncio.sleep(chance.random() * 3)
        async with listening(room, alice) as listener:
            since = chance.randrange(listener.feed.seq + 1)
            missed = [event["seq"] for event in listener.feed.missed_since(since).events]
            listener.feed.read()  # as when the layer has reconnected
            await asyncio.sleep(chance.random() * 2)
            found = missed + listener.numbers
            assert found == list(range(since + 1, since + 1 + len(found)))
            assert not listener.has("room.reset")

    await asyncio.gather(write(), *(visit() for _ in range(1000)))
    async with listening(room, alice) as listener:
        assert listener.feed.seq == 150


@pytest.fixture
def count_queries(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Calls its result to learn how many queries all threads have made so far."""
    count = 0
    execute = CursorWrapper.execute

    def counted(self: CursorWrapper, sql: str, params: object = None) -> object:
        nonlocal count
        count += 1
        return execute(self, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(CursorWrapper, "execute", counted)
    return lambda: count
