"""What is new in one's rooms, over the socket."""

from collections.abc import Callable
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import queries, services
from chat.events import room_group
from chat.inbox import InboxConsumer
from chat.models import Membership, Mention, Room
from chat.services.members import Read
from conftest import Connect
from realtime.consumer import RECONNECTED
from realtime.database import on_database_thread
from realtime.testing import PatientCommunicator
from realtime.tests.clients import Visit

type Inbox = PatientCommunicator


async def entered(room: Room, *users: User) -> None:
    for user in users:
        await on_database_thread(services.room_enter, user=user, room=room)


async def say(author: User, room: Room, *bodies: str) -> None:
    for body in bodies:
        await on_database_thread(services.message_send, author=author, room=room, body=body)


async def heard(inbox: Inbox, kind: str) -> dict[str, Any]:
    """The next event of a type."""
    while True:
        event: dict[str, Any] = await inbox.receive_json_from()
        if event["type"] == kind:
            return event


async def opened(connect: Connect, user: User) -> Inbox:
    inbox = await connect("/ws/inbox/", user)
    await heard(inbox, "inbox.rooms")
    return inbox


async def test_an_inbox_begins_with_what_is_unread(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    await entered(room, alice)
    await say(bob, room, "one", "two @alice")
    inbox = await connect("/ws/inbox/", alice)
    count = {"room": "general", "seq": 2, "read_seq": 0, "unread": 2, "mentioned": True}
    assert await inbox.receive_json_from() == {"type": "inbox.rooms", "rooms": [count]}


async def test_what_others_say_arrives_together(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    await entered(room, alice)
    inbox = await opened(connect, alice)
    await say(bob, room, "first")
    assert (await heard(inbox, "inbox.activity"))["rooms"][0]["new"] == 1
    await say(bob, room, "two", "three", "x" * 1000)
    await say(alice, room, "my own")
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["seq"] < 5:
        [news] = (await heard(inbox, "inbox.activity"))["rooms"]
        frames.append(news)
    assert sum(news["new"] for news in frames) == 3
    assert (news["room"], news["author"], news["body"]) == ("general", "alice", "my own")
    assert len(frames) < 4


async def test_rooms_that_one_is_not_in_are_not_heard(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    other = await on_database_thread(services.room_create, name="Other", owner=alice)
    inbox = await opened(connect, alice)
    await say(bob, room, "not for you")
    await say(bob, other, "for you")
    assert [one["room"] for one in (await heard(inbox, "inbox.activity"))["rooms"]] == ["other"]


async def test_a_room_is_heard_from_the_first_visit_on(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    inbox = await opened(connect, alice)
    await entered(room, alice)
    assert (await heard(inbox, "inbox.room_added"))["room"] == "general"
    await say(bob, room, "hello")
    assert (await heard(inbox, "inbox.activity"))["rooms"][0]["body"] == "hello"


async def test_who_is_removed_hears_so_and_nothing_more(
    alice: User, bob: User, connect: Connect
) -> None:
    create = services.room_create
    rooms = [
        await on_database_thread(create, name=name, owner=alice, kind=Room.Kind.PRIVATE)
        for name in ("Secret", "Other")
    ]
    for room in rooms:
        await Membership.objects.acreate(room=room, user=bob)
    inbox = await opened(connect, bob)
    remove = services.member_remove
    await on_database_thread(remove, user=alice, room_id=rooms[0].pk, member_id=bob.pk)
    assert (await heard(inbox, "inbox.room_removed"))["room"] == rooms[0].slug
    for room in rooms:
        await say(alice, room, "hello")
    heard_of = (await heard(inbox, "inbox.activity"))["rooms"]
    assert [one["room"] for one in heard_of] == [rooms[1].slug]


async def test_all_hear_of_open_rooms_and_only_members_of_private_ones(
    alice: User, bob: User, connect: Connect
) -> None:
    of_alice, of_bob = await opened(connect, alice), await opened(connect, bob)
    create, rename = services.room_create, services.room_rename
    secret = await on_database_thread(create, name="Secret", owner=alice, kind=Room.Kind.PRIVATE)
    await on_database_thread(rename, user=alice, room_id=secret.pk, name="Very secret")
    cafe = await on_database_thread(create, name="Café", owner=alice)
    await on_database_thread(rename, user=alice, room_id=cafe.pk, name="Thé")
    assert (await of_bob.receive_json_from())["room"] == "cafe"
    changed = {"type": "inbox.room_changed", "room": "cafe", "name": "Thé", "archived": False}
    assert await of_bob.receive_json_from() == changed
    changed = {**changed, "room": secret.slug, "name": "Very secret"}
    while await heard(of_alice, "inbox.room_changed") != changed:
        pass


async def test_what_one_tab_has_read_the_others_hear(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    await entered(room, alice)
    await say(bob, room, "hello")
    tabs = [await opened(connect, alice) for _ in range(2)]
    await on_database_thread(services.mark_read, [Read(alice.pk, room.pk, 1)])
    for tab in tabs:
        assert await heard(tab, "room.read") == {"type": "room.read", "room": "general", "seq": 1}


async def test_who_is_mentioned_hears_it_and_has_seen_it_when_they_say_so(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    inbox = await opened(connect, alice)
    await say(bob, room, "Tea, @alice? @bob?")
    assert await heard(inbox, "mention.created") == {
        "type": "mention.created",
        "room": "general",
        "id": 1,
        "author": "bob",
        "name": "bob",
        "body": "Tea, @alice? @bob?",
    }
    await inbox.send_json_to({"type": "mentions.seen", "id": "1", "room": "general"})
    await heard(inbox, "ok")
    assert not await Mention.objects.filter(seen=False).aexists()


async def test_what_may_have_been_lost_is_said_once_for_all_rooms(
    visit: Visit, alice: User, room: Room
) -> None:
    consumers: list[InboxConsumer] = []

    class Inbox(InboxConsumer):
        async def connect(self) -> None:
            consumers.append(self)
            await super().connect()

    await entered(room, alice)
    client = await visit(Inbox.as_asgi(), "inbox", user=alice)
    assert (await client.receive())["type"] == "inbox.rooms"
    for _ in range(5):
        consumers[0].layer_reconnected(RECONNECTED)
    assert await client.receive() == {"type": "inbox.missed"}
    assert await client.hears_nothing()


async def test_what_else_is_said_in_a_room_harms_no_inbox(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    await entered(room, alice)
    inbox = await opened(connect, alice)
    for kind in ("room.signal", "room.presence", "room.of_the_future"):
        await get_channel_layer().group_send(room_group(room.pk).name, {"type": kind})
    await say(bob, room, "hello")
    assert (await heard(inbox, "inbox.activity"))["rooms"][0]["seq"] == 1


async def test_nobody_has_an_inbox_who_is_not_signed_in(visit: Visit) -> None:
    from django.contrib.auth.models import AnonymousUser

    client = await visit(InboxConsumer.as_asgi(), "inbox", user=AnonymousUser())
    assert await client.closed() == 4401


@pytest.mark.django_db
@pytest.mark.parametrize("ask", [queries.rooms_of, queries.counts_of])
@pytest.mark.parametrize("count", [1, 30])
def test_many_inboxes_share_one_query(
    count: int, ask: Callable[[list[Any]], dict[Any, Any]]
) -> None:
    users = [User.objects.create(username=f"user-{number}") for number in range(count)]
    for number in range(3):
        room = services.room_create(name=f"Room {number}")
        Membership.objects.bulk_create(Membership(room=room, user=user) for user in users)
        services.message_send(author=users[0], room=room, body="hello")
    with CaptureQueriesContext(connection) as captured:
        found = ask([user.pk for user in users])
    assert len(captured) == 1
    assert [len(rooms) for rooms in found.values()] == [3] * count
