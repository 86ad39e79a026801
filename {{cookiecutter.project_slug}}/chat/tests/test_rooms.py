"""Rooms: the list of them, creating, naming and archiving them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection
from django.db.models import OuterRef, Value
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import queries, services
from chat.models import Membership, Room
from chat.queries.unread import unread_messages
from chat.services.members import Read
from realtime.errors import CommandError

PRIVATE = Room.Kind.PRIVATE


@pytest.fixture
def carol(transactional_db: None) -> User:
    return User.objects.create_user("carol", "carol@example.com", "horse battery")


@pytest.fixture
def of_alice(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


def names(rooms: list[Room]) -> list[str]:
    return [room.shown_name for room in rooms]


def say(author: User, room: Room, *bodies: str) -> None:
    for body in bodies:
        services.message_send(author=author, room=room, body=body)


# The list


def test_the_list_holds_open_rooms_and_ones_own(alice: User, bob: User, carol: User) -> None:
    services.room_create(name="Open", owner=bob)
    services.room_create(name="Hers", owner=alice, kind=PRIVATE)
    services.room_create(name="His", owner=bob, kind=PRIVATE)
    services.direct_room(user=alice, other=bob)
    services.direct_room(user=bob, other=carol)
    found = queries.room_list(alice)
    assert sorted(names(found.rooms)) == ["Hers", "Open"]
    assert names(found.direct) == ["bob"]


def last(room: Room) -> str:
    """Who said what at last, without a query."""
    message = room.last_message
    return f"{message.author.username}: {message.body}" if message else ""


def test_the_room_with_the_newest_message_comes_first(alice: User, room: Room) -> None:
    other = services.room_create(name="Another")
    say(alice, other, "first")
    say(alice, room, "second")
    assert names(queries.room_list(alice).rooms) == ["General", "Another"]
    say(alice, other, "third")
    listed = queries.room_list(alice).rooms
    assert names(listed) == ["Another", "General"]
    assert last(listed[0]) == "alice: third"


def test_a_deleted_message_is_not_the_last_one(alice: User, room: Room) -> None:
    say(alice, room, "stays", "goes")
    services.message_delete(user=alice, room_id=room.pk, seq=2)
    assert last(queries.room_list(alice).rooms[0]) == "alice: stays"


def test_what_others_said_since_is_unread(alice: User, bob: User, room: Room) -> None:
    services.room_enter(user=alice, room=room)
    say(bob, room, "one", "two", "three")
    say(alice, room, "my own")
    services.message_delete(user=bob, room_id=room.pk, seq=3)
    assert queries.room_list(alice).rooms[0].unread == 2
    services.mark_read([Read(alice.pk, room.pk, 1)])
    assert queries.room_list(alice).rooms[0].unread == 1


def test_what_was_said_before_one_came_is_read(alice: User, bob: User, room: Room) -> None:
    say(bob, room, "one")
    assert queries.room_list(alice).rooms[0].unread == 0
    room.refresh_from_db()
    services.room_enter(user=alice, room=room)
    say(bob, room, "two")
    services.room_enter(user=alice, room=room)
    assert queries.room_list(alice).rooms[0].unread == 1


def test_nobody_counts_beyond_99(alice: User, bob: User, room: Room, of_alice: Client) -> None:
    services.room_enter(user=alice, room=room)
    say(bob, room, *["hello"] * (queries.UNREAD_AT_MOST + 1))
    assert queries.room_list(alice).rooms[0].unread == queries.UNREAD_AT_MOST
    assert "99+" in of_alice.get("/rooms/").content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_three_queries_however_many_rooms_there_are(
    alice: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        room = services.room_create(name=f"Room {number}", owner=alice)
        other = User.objects.create_user(f"other-{number}")
        for one in (room, services.direct_room(user=alice, other=other)):
            say(alice, one, "hello")
    with django_assert_num_queries(3):
        found = queries.room_list(alice)
        assert {last(room) for room in found.recent} == {"alice: hello"}
        assert "other-0" in names(found.direct)


def test_unread_messages_are_counted_by_the_index_alone(alice: User, room: Room) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("This needs SQLite, whose plan does not depend on how much there is.")
    plan = queries.visible_rooms(alice).annotate(
        counted=unread_messages(user=alice.pk, room=OuterRef("pk"), since=Value(0))
    )
    assert "COVERING INDEX messages_to_count" in plan.explain()


# Creating


def test_who_creates_a_room_owns_it_and_enters_it(of_alice: Client, alice: User) -> None:
    response = of_alice.post("/rooms/", {"name": "Café", "kind": "private"})
    created = Room.objects.get()
    assert response.headers["Location"] == created.get_absolute_url()
    assert (created.kind, created.memberships.get().role) == (PRIVATE, Membership.Role.OWNER)
    assert "Café" in of_alice.get(created.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["", "General", "x" * 501])
def test_a_room_without_a_free_name_is_refused_with_the_reason(
    of_alice: Client, room: Room, name: str
) -> None:
    response = of_alice.post("/rooms/", {"name": name})
    assert response.status_code == 400
    assert response.context["form"].errors["name"]
    assert Room.objects.count() == 1


def test_neither_name_nor_address_tells_that_a_private_room_has_it(
    of_alice: Client, bob: User
) -> None:
    services.room_create(name="Secret", owner=bob, kind=PRIVATE)
    for kind in ("private", "open"):
        assert of_alice.post("/rooms/", {"name": "Secret", "kind": kind}).status_code == 302
    assert Room.objects.filter(name="Secret").count() == 3
    assert Room.objects.filter(slug="secret", kind=Room.Kind.OPEN).exists()


def test_two_who_create_the_same_room_at_once_get_one_and_a_reason(alice: User) -> None:
    def post(_: int) -> int:
        client = Client()
        client.force_login(alice)
        response = client.post("/rooms/", {"name": "General"})
        connection.close()
        return response.status_code

    with ThreadPoolExecutor(4) as threads:
        codes = sorted(threads.map(post, range(4)))
    assert codes == [302, 400, 400, 400]
    assert Room.objects.count() == 1


# Naming and archiving


def test_the_owner_names_a_room_and_its_feed_hears(of_alice: Client, alice: User) -> None:
    mine = services.room_create(name="Mine", owner=alice)
    answer = of_alice.post("/rooms/mine/settings/", {"name": "Ours", "topic": "Tea"})
    assert answer.headers["Location"] == "/rooms/mine/settings/"
    mine.refresh_from_db()
    assert (mine.name, mine.topic, mine.seq) == ("Ours", "Tea", 2)


def test_others_may_change_the_topic_alone(of_alice: Client, bob: User) -> None:
    services.room_create(name="His", owner=bob)
    of_alice.post("/rooms/his/settings/", {"name": "Hers", "topic": "Tea"})
    room = Room.objects.get()
    assert (room.name, room.topic) == ("His", "Tea")
    assert of_alice.post("/rooms/his/archive/", {"archived": "yes"}).status_code == 403


def test_staff_may_archive_an_open_room_but_sees_no_private_one(
    of_alice: Client, alice: User, bob: User
) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    services.room_create(name="Open", owner=bob)
    closed = services.room_create(name="Closed", owner=bob, kind=PRIVATE)
    assert of_alice.post("/rooms/open/archive/", {"archived": "yes"}).status_code == 302
    assert of_alice.post(f"/rooms/{closed.slug}/archive/", {"archived": "yes"}).status_code == 404
    assert names(list(Room.objects.exclude(archived_at=None))) == ["Open"]


def test_a_taken_name_is_refused_in_the_settings_too(
    of_alice: Client, alice: User, room: Room
) -> None:
    services.room_create(name="Mine", owner=alice)
    response = of_alice.post("/rooms/mine/settings/", {"name": "General", "topic": "Tea"})
    assert response.status_code == 400
    assert response.context["form"].errors["name"]
    assert Room.objects.get(slug="mine").topic == ""


def test_nothing_is_said_in_an_archived_room_until_it_is_taken_out_again(
    of_alice: Client, alice: User
) -> None:
    room = services.room_create(name="Mine", owner=alice)
    of_alice.post("/rooms/mine/archive/", {"archived": "yes"})
    assert names(queries.room_list(alice).archived) == ["Mine"]
    with pytest.raises(CommandError):
        say(alice, room, "too late")
    of_alice.post("/rooms/mine/archive/", {"archived": "no"})
    say(alice, room, "in time")
    assert names(queries.room_list(alice).rooms) == ["Mine"]


def test_a_room_keeps_its_name_if_the_new_one_is_taken(alice: User, room: Room) -> None:
    mine = services.room_create(name="Mine", owner=alice)
    with pytest.raises(IntegrityError):
        services.room_rename(user=alice, room_id=mine.pk, name="General")
    mine.refresh_from_db()
    assert (mine.name, mine.seq) == ("Mine", 0)


# The first visit


def test_the_first_visit_is_to_the_open_room_in_which_most_happens(
    of_alice: Client, alice: User, bob: User, room: Room
) -> None:
    services.room_create(name="Quiet")
    say(bob, room, "hello")
    say(bob, services.room_create(name="Closed", owner=bob, kind=PRIVATE), "a", "b", "c")
    assert of_alice.get("/").headers["Location"] == "/rooms/general/"


def test_the_next_visit_is_to_the_room_one_was_in_last(
    of_alice: Client, alice: User, room: Room
) -> None:
    say(alice, room, "hello")
    quiet = services.room_create(name="Quiet", owner=alice)
    of_alice.get("/rooms/quiet/")
    assert of_alice.get("/").headers["Location"] == "/rooms/quiet/"
    services.room_archive(user=alice, room_id=quiet.pk, archived=True)
    assert of_alice.get("/").headers["Location"] == "/rooms/general/"


def test_where_there_is_no_room_the_first_visit_is_to_the_list(of_alice: Client) -> None:
    page = of_alice.get("/", follow=True)
    assert page.request["PATH_INFO"] == "/rooms/"
    assert 'class="empty"' in page.content.decode()


# The administration


def test_staff_names_open_rooms_in_the_administration_and_does_not_see_into_others(
    client: Client, alice: User, bob: User, room: Room
) -> None:
    admin = User.objects.create_superuser("admin")
    client.force_login(admin)
    say(bob, services.room_create(name="Closed", owner=bob, kind=PRIVATE), "among us")
    path = f"/admin/chat/room/{room.pk}/change/"
    assert client.post(path, {"name": "Lobby"}).status_code == 302
    room.refresh_from_db()
    assert (room.name, room.seq) == ("Lobby", 1)
    services.room_create(name="Café")
    assert client.post(path, {"name": "Café"}).status_code == 302
    room.refresh_from_db()
    assert room.name == "Lobby"
    assert "among us" not in client.get("/admin/chat/message/").content.decode()


def test_a_message_that_staff_deletes_leaves_a_tombstone_and_its_number(
    alice: User, room: Room, client: Client
) -> None:
    services.message_send(author=alice, room=room, body="spam")
    message = room.messages.get()
    client.force_login(User.objects.create_superuser("admin"))
    client.post(f"/admin/chat/message/{message.pk}/delete/", {"post": "yes"})
    message.refresh_from_db()
    room.refresh_from_db()
    assert (message.body, message.deleted_at is None, room.seq) == ("", False, 2)


def test_what_the_administration_lists_before_it_deletes_tells_nothing_that_was_said(
    alice: User, bob: User, client: Client
) -> None:
    direct = services.direct_room(user=alice, other=bob)
    services.message_send(author=alice, room=direct, body="between us")
    client.force_login(User.objects.create_superuser("admin"))
    page = client.get(f"/admin/accounts/user/{alice.pk}/delete/").content.decode()
    assert "between us" not in page
    assert client.get(f"/admin/chat/room/{direct.pk}/delete/").status_code == 403
