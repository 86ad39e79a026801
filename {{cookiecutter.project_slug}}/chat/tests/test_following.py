import pytest
from channels.layers import channel_layers

from accounts.models import User
from chat import following, queries
from chat.following import Follower, Missed
from chat.models import Message, Room
from realtime.layers import InMemoryLayer
from realtime.tests.layers import until

from .http import say


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """From where the database was read, each time; over a layer that loses nothing."""
    channel_layers.set("default", InMemoryLayer())
    reads: list[int | None] = []
    missed_since = queries.missed_since

    def noted(room: Room, since: int | None) -> tuple[int, list[Message] | None]:
        reads.append(since)
        return missed_since(room, since)

    monkeypatch.setattr(queries, "missed_since", noted)
    return reads


async def take(follower: Follower, count: int) -> list[int]:
    """The `seq` of the next events; more than these must not be there."""
    found: list[int] = []
    while len(found) < count:
        await follower.wait()
        found += [event["seq"] for event in (await follower.take()).events]
    return found


async def test_what_comes_in_order_is_taken_without_asking_the_database(
    alice: User, room: Room, reads: list[int | None]
) -> None:
    async with Follower(room, None) as follower:
        assert await follower.take() == Missed(0, [], recovered=True)
        await say(alice, room, "one")
        assert await take(follower, 1) == [1]
        await say(alice, room, "two", "three")
        assert await take(follower, 2) == [2, 3]
    assert reads == [None]


async def test_who_falls_behind_holds_little_and_reads_the_rest(
    alice: User, room: Room, reads: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HEARD_AT_MOST", 3)
    async with Follower(room, 0) as follower:
        await follower.take()
        await say(alice, room, *"abcdefgh")
        await until(lambda: len(follower._heard) == 3 and not follower._heard_all)
        assert await take(follower, 8) == [1, 2, 3, 4, 5, 6, 7, 8]
        await say(alice, room, "i")
        assert await take(follower, 1) == [9]
    assert reads == [0, 0]


async def test_what_is_said_between_joining_and_reading_comes_once(alice: User, room: Room) -> None:
    async with Follower(room, 0) as follower:
        await say(alice, room, "one", "two")
        assert (await follower.take()).seq == 2
        await say(alice, room, "three")
        assert await take(follower, 1) == [3]
