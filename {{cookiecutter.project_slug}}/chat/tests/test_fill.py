"""The chat that measuring needs, and what follows the restoring of a backup."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Max
from pytest_django import Settings

from accounts.models import User
from chat import services
from chat.models import Change, Membership, Message, Room


@pytest.fixture
def filled(transactional_db: None, settings: Settings) -> None:
    settings.DEBUG = True
    for _ in range(2):  # the second time, all is there
        call_command("fill", messages=400, rooms=10, users=20)


def test_a_filled_database_has_what_was_asked_for_once(filled: None) -> None:
    assert (Message.objects.count(), Room.objects.count()) == (400, 10)
    assert User.objects.filter(username__startswith="filled-").count() == 20


def test_numbers_of_filled_rooms_have_no_holes(filled: None) -> None:
    for room in Room.objects.all():
        seqs = [
            *room.messages.values_list("seq", flat=True),
            *room.changes.values_list("seq", flat=True),
        ]
        assert sorted(seqs) == list(range(1, room.seq + 1))
    assert Change.objects.exists()


def test_whoever_writes_in_a_filled_room_is_in_it_and_nobody_has_read_ahead(filled: None) -> None:
    authors = Message.objects.values_list("room", "author").distinct()
    assert set(authors) <= set(Membership.objects.values_list("room", "user"))
    assert not Membership.objects.filter(read_seq__gt=F("room__seq")).exists()
    direct = Room.objects.filter(kind=Room.Kind.DIRECT).annotate(people=Count("memberships"))
    assert {room.people for room in direct} == {2}


def test_a_filled_room_can_be_written_in(filled: None) -> None:
    alice = User.objects.get(username="alice")
    room = Room.objects.filter(kind=Room.Kind.OPEN).order_by("-seq")[0]
    newest = Message.objects.aggregate(last=Max("pk"))["last"]
    message = services.message_send(author=alice, room=room, body="one more")
    assert message.seq == room.seq + 1
    assert message.pk > newest


def test_a_filled_database_keeps_out_of_production(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError):
        call_command("fill")


def test_each_room_gets_another_epoch_after_a_restore(transactional_db: None) -> None:
    before = {services.room_create(name=f"Room {number}").epoch for number in range(3)}
    call_command("renew_epochs")
    after = set(Room.objects.values_list("epoch", flat=True))
    assert len(after) == 3
    assert not before & after
