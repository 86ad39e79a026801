import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from chat import services
from chat.events import room_group
from chat.models import Message, Room
from realtime.groups import Group

NAMES = ["General", "general", "gen eral", "gen-eral", "café", "茶 🍰", "?!", "x" * 500]


@pytest.mark.django_db
def test_rooms_of_any_name_have_addresses_of_their_own() -> None:
    rooms = [services.room_create(name=name) for name in NAMES]
    assert len({room.get_absolute_url() for room in rooms}) == len(NAMES)
    assert len({room_group(room.pk) for room in rooms}) == len(NAMES)


@pytest.mark.django_db
def test_a_name_is_taken_once() -> None:
    services.room_create(name="General")
    with pytest.raises(IntegrityError):
        services.room_create(name="General")


def test_messages_of_a_room_are_numbered_without_holes(alice: User, room: Room) -> None:
    other = services.room_create(name="Other")
    for target in (room, other, room, room):
        services.message_send(author=alice, room=target, body="hello")
    assert list(room.messages.values_list("seq", flat=True)) == [1, 2, 3]
    assert list(other.messages.values_list("seq", flat=True)) == [1]


def test_a_repeated_send_is_stored_once_and_answered_alike(alice: User, room: Room) -> None:
    client_id = uuid.uuid4()
    sent = [
        services.message_send(author=alice, room=room, body="hello", client_id=client_id)
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    room.refresh_from_db()
    assert (room.seq, room.messages.count()) == (1, 1)


def test_people_may_use_the_same_client_id(alice: User, bob: User, room: Room) -> None:
    client_id = uuid.uuid4()
    for author in (alice, bob):
        services.message_send(author=author, room=room, body="hi", client_id=client_id)
    assert room.messages.count() == 2


def test_many_writers_at_once_leave_no_hole_and_no_double(alice: User, room: Room) -> None:
    def write(_: int) -> None:
        services.message_send(author=alice, room=room, body="hello")
        connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(40)))
    assert list(room.messages.values_list("seq", flat=True)) == list(range(1, 41))


async def test_what_is_rolled_back_is_not_published(alice: User, room: Room) -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(room_group(room.pk).name, channel)

    def roll_back_then_send() -> None:
        try:
            with transaction.atomic():
                services.message_send(author=alice, room=room, body="never")
                raise ZeroDivisionError
        except ZeroDivisionError:
            services.message_send(author=alice, room=room, body="kept")

    await database_sync_to_async(roll_back_then_send)()
    event = await layer.receive(channel)
    assert (event["seq"], '"kept"' in event["text"]) == (1, True)
    assert [message.body async for message in Message.objects.all()] == ["kept"]


def test_a_layer_that_is_down_loses_no_message(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise ConnectionError("Redis is gone")

    monkeypatch.setattr(Group, "send", fail)
    services.message_send(author=alice, room=room, body="stored all the same")
    assert room.messages.get().body == "stored all the same"
