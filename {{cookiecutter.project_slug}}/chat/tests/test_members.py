"""Who is in a room: entering, leaving, being removed, direct rooms, reading."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from chat import queries, services
from chat.models import Membership, Mention, Room
from chat.services.members import Read
from conftest import Connect
from realtime.database import on_database_thread
from realtime.errors import CommandError
from realtime.testing import PatientCommunicator

OWNER = Membership.Role.OWNER


@pytest.fixture
def private(alice: User, bob: User) -> Room:
    """A private room of Alice's, with Bob in it."""
    room = services.room_create(name="Secret", owner=alice, kind=Room.Kind.PRIVATE)
    Membership.objects.create(room=room, user=bob)
    return room


@pytest.fixture
def of_bob(bob: User, client: Client) -> Client:
    client.force_login(bob)
    return client


def members(room: Room) -> list[str]:
    found = room.memberships.order_by("pk").values_list("user__username", flat=True)
    return list(found)


# Entering


def test_the_first_visit_of_an_open_room_makes_a_member(of_bob: Client, room: Room) -> None:
    for _ in range(2):
        assert of_bob.get("/rooms/general/").status_code == 200
    assert members(room) == ["bob"]


PAGES = ["", "settings/", "statistics/", "archive/", "leave/", "members/1/remove/", "invitations/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_private_room_is_not_there_for_others(
    of_bob: Client, bob: User, private: Room, page: str, method: str
) -> None:
    private.memberships.filter(user=bob).delete()
    answer = getattr(of_bob, method)(f"{private.get_absolute_url()}{page}")
    nowhere = getattr(of_bob, method)(f"/rooms/nowhere/{page}")
    assert answer.status_code == nowhere.status_code
    assert answer.status_code in (404, 405)
    assert members(private) == ["alice"]


# Leaving and being removed


def test_who_leaves_a_private_room_does_not_find_it_any_more(of_bob: Client, private: Room) -> None:
    assert of_bob.post(f"{private.get_absolute_url()}leave/").headers["Location"] == "/rooms/"
    assert members(private) == ["alice"]
    assert of_bob.get(private.get_absolute_url()).status_code == 404


def test_when_the_owner_leaves_the_oldest_member_takes_over(
    alice: User, bob: User, private: Room
) -> None:
    services.room_leave(user=alice, room_id=private.pk)
    assert private.memberships.get().role == OWNER
    services.room_leave(user=bob, room_id=private.pk)
    assert members(private) == []


def test_nobody_leaves_a_direct_room(alice: User, bob: User) -> None:
    room = services.direct_room(user=alice, other=bob)
    with pytest.raises(CommandError):
        services.room_leave(user=alice, room_id=room.pk)
    assert members(room) == ["alice", "bob"]


def test_members_cannot_remove_each_other(of_bob: Client, alice: User, private: Room) -> None:
    assert of_bob.post(f"{private.get_absolute_url()}members/{alice.pk}/remove/").status_code == 403
    assert members(private) == ["alice", "bob"]


def test_nobody_is_removed_from_an_open_room(alice: User, bob: User) -> None:
    room = services.room_create(name="Open", owner=alice)
    services.room_enter(user=bob, room=room)
    with pytest.raises(CommandError):
        services.member_remove(user=alice, room_id=room.pk, member_id=bob.pk)
    assert members(room) == ["alice", "bob"]


async def heard(socket: PatientCommunicator, kind: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = await socket.receive_json_from()
        if message["type"] == kind:
            return message


@pytest.mark.parametrize("path", ["removed", "left"])
async def test_the_streams_of_who_is_not_in_the_room_any_more_close_at_once(
    alice: User, bob: User, private: Room, connect: Connect, path: str
) -> None:
    of_alice = await connect(f"/ws/chat/{private.slug}/", alice)
    tabs = [await connect(f"/ws/chat/{private.slug}/", bob) for _ in range(2)]
    for socket in (of_alice, *tabs):
        await heard(socket, "room.joined")
    if path == "left":
        await on_database_thread(services.room_leave, user=bob, room_id=private.pk)
    else:
        remove = services.member_remove
        await on_database_thread(remove, user=alice, room_id=private.pk, member_id=bob.pk)
    for socket in tabs:
        while (message := await socket.receive_output())["type"] != "websocket.close":
            pass
        assert message["code"] == 4409
    assert (await heard(of_alice, "room.changed"))["name"] == "Secret"


# Direct rooms


def test_two_people_have_one_direct_room_whoever_starts_it(of_bob: Client, alice: User) -> None:
    first = of_bob.post("/people/alice/").headers["Location"]
    of_alice = Client()
    of_alice.force_login(alice)
    assert of_alice.post("/people/bob/").headers["Location"] == first
    assert of_alice.get("/people/bob/").headers["Location"] == first
    assert members(Room.objects.get()) == ["bob", "alice"]


def test_a_direct_room_that_is_started_many_times_at_once_is_one(alice: User, bob: User) -> None:
    def start(number: int) -> int:
        pair = (alice, bob) if number % 2 else (bob, alice)
        room = services.direct_room(user=pair[0], other=pair[1])
        connection.close()
        return room.pk

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(start, range(8)))) == 1
    assert Membership.objects.count() == 2


def test_a_direct_room_is_called_by_the_others_shown_name(
    of_bob: Client, alice: User, bob: User
) -> None:
    User.objects.filter(pk=alice.pk).update(name="Alice Liddell")
    room = services.direct_room(user=alice, other=bob)
    assert "Alice Liddell" in of_bob.get(room.get_absolute_url()).content.decode()
    assert queries.room_for(alice, room.slug).shown_name == "bob"
    alice.delete()
    assert queries.room_for(bob, room.slug).shown_name


def test_a_direct_room_is_for_two(of_bob: Client, alice: User) -> None:
    carol = User.objects.create_user("carol")
    room = services.direct_room(user=alice, other=carol)
    assert of_bob.get(room.get_absolute_url()).status_code == 404
    with pytest.raises(CommandError):
        services.invitation_create(user=alice, room_id=room.pk)


@pytest.mark.parametrize("name", ["bob", "nobody", "gone"])
def test_nobody_writes_to_themselves_or_to_who_is_not_there(of_bob: Client, name: str) -> None:
    User.objects.create_user("gone", is_active=False)
    assert of_bob.get(f"/people/{name}/").status_code == 404
    assert of_bob.post(f"/people/{name}/").status_code == 404
    assert not Room.objects.exists()


def test_people_are_found_by_a_part_of_either_name(of_bob: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(name="Pleasance Liddell")
    User.objects.create_user("carol")
    assert [one.username for one in of_bob.get("/people/").context["people"]] == ["alice", "carol"]
    for query in ("lic", "LIDD"):
        assert [one.username for one in of_bob.get(f"/people/?q={query}").context["people"]] == [
            "alice"
        ]
    assert not of_bob.get("/people/?q=%00zzz").context["people"]


# Reading


@pytest.mark.parametrize("claimed", [-1, 0, 10**30, -(10**30)])
def test_nobody_has_read_further_than_there_is(
    alice: User, bob: User, room: Room, claimed: int
) -> None:
    services.room_enter(user=alice, room=room)
    services.message_send(author=bob, room=room, body="hello")
    services.mark_read([Read(alice.pk, room.pk, claimed)])
    assert Membership.objects.get().read_seq == (1 if claimed > 0 else 0)


def test_only_who_may_see_the_room_is_mentioned(alice: User, private: Room) -> None:
    User.objects.create_user("carol")
    services.message_send(author=alice, room=private, body="@bob, not @carol, nor @alice")
    assert [mention.user.username for mention in Mention.objects.all()] == ["bob"]


def test_who_was_mentioned_before_an_edit_is_not_told_again(alice: User, private: Room) -> None:
    services.message_send(author=alice, room=private, body="@bob")
    Mention.objects.update(seen=True)
    services.message_edit(user=alice, room_id=private.pk, seq=1, body="@bob, hello @bob")
    assert Mention.objects.get().seen
