import pytest

from accounts.models import User
from chat.feeds import NotAdmittedError
from chat.following import Follower, Since
from chat.models import Membership, Room
from realtime.database import on_database_thread

from .http import say


async def take(follower: Follower, count: int) -> list[int]:
    """The `seq` of the next events; more than these must not be there."""
    found: list[int] = []
    while len(found) < count:
        await follower.wait()
        found += [event["seq"] for event in follower.take().events]
    return found


async def test_what_comes_is_taken_in_order_and_once(alice: User, room: Room) -> None:
    async with Follower(room.slug, alice, Since()) as follower:
        assert follower.take() == (0, [], True)
        await say(alice, room, "one")
        assert await take(follower, 1) == [1]
        await say(alice, room, "two", "three")
        assert await take(follower, 2) == [2, 3]


async def test_who_was_there_before_gets_what_they_missed(alice: User, room: Room) -> None:
    await say(alice, room, "one", "two")
    async with Follower(room.slug, alice, Since(1, room.epoch)) as follower:
        assert [event["seq"] for event in follower.take().events] == [2]


async def test_numbers_of_another_epoch_mean_nothing(alice: User, room: Room) -> None:
    await say(alice, room, "one", "two")
    async with Follower(room.slug, alice, Since(1, "another")) as follower:
        assert follower.take() == (2, [], False)


async def test_who_is_removed_takes_nothing_more(alice: User, bob: User, room: Room) -> None:
    await Room.objects.filter(pk=room.pk).aupdate(kind=Room.Kind.PRIVATE)
    for user in (alice, bob):
        await Membership.objects.acreate(room=room, user=user)
    async with Follower(room.slug, bob, Since()) as follower:
        follower.take()
        await on_database_thread(Membership.objects.filter(user=bob).delete)
        follower.feed.read()
        await follower.wait()
        with pytest.raises(NotAdmittedError):
            follower.take()
    with pytest.raises(NotAdmittedError):
        async with Follower(room.slug, bob, Since()):
            pass
