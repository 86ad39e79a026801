"""A room's history in pieces: none is left out or shown twice, whatever was asked for."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import queries, services
from chat.models import Change, Message, Room
from chat.queries import HISTORY

ALL = 2 * HISTORY + 7


@pytest.fixture
def signed_in(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def full_room(alice: User, room: Room) -> Room:
    """Its numbers are not those of messages alone: each third is a change's."""
    messages, changes = [], []
    for number in range(ALL):
        room.seq += 1
        messages.append(Message(room=room, author=alice, seq=room.seq, body=f"number {number}"))
        if number % 2:
            room.seq += 1
            changes.append(Change(room=room, seq=room.seq, message=None))
    Message.objects.bulk_create(messages)
    Change.objects.bulk_create(changes)
    room.save()
    return room


def seqs(history: queries.History) -> list[int]:
    return [message.seq for message in history.messages]


def all_of(room: Room) -> list[int]:
    return list(room.messages.order_by("seq").values_list("seq", flat=True))


def test_going_back_page_by_page_shows_each_message_once(full_room: Room) -> None:
    history = queries.room_history(full_room)
    seen = seqs(history)
    assert (len(seen), history.later) == (HISTORY, False)
    while history.earlier:
        history = queries.room_history(full_room, before=seen[0])
        assert history.later
        seen = seqs(history) + seen
    assert seen == all_of(full_room)


def test_going_forward_page_by_page_shows_each_message_once(full_room: Room) -> None:
    history = queries.room_history(full_room, after=0)
    seen = seqs(history)
    assert (len(seen), history.earlier) == (HISTORY, False)
    while history.later:
        history = queries.room_history(full_room, after=seen[-1])
        assert history.earlier
        seen += seqs(history)
    assert seen == all_of(full_room)


def test_a_permanent_link_shows_its_message_among_its_neighbours(full_room: Room) -> None:
    every = all_of(full_room)
    for index in (0, 1, HISTORY, ALL - 2, ALL - 1):
        history = queries.room_history(full_room, at=every[index])
        half = HISTORY // 2
        assert seqs(history) == every[max(index + 1 - half, 0) : index + 1 + half]
        assert (history.earlier, history.later) == (index >= half, index + 1 + half < ALL)


def test_an_empty_room_has_no_more_on_either_side(room: Room) -> None:
    for place in ({}, {"before": 5}, {"after": 0}):
        assert queries.room_history(room, **place) == ([], False, False, None)


@pytest.mark.parametrize("query", ["", "?after=0", "?at=1", "?before=50", "?before="])
def test_pages_of_the_past_link_to_their_neighbours(
    signed_in: Client, full_room: Room, query: str
) -> None:
    response = signed_in.get(f"/rooms/general/{query}")
    history = response.context["history"]
    page = response.content.decode()
    assert ('id="earlier" hidden' in page) == (not history.earlier)
    assert ('id="later" hidden' in page) == (not history.later)
    assert f'href="?before={history.messages[0].seq}"' in page
    assert f'href="?after={history.messages[-1].seq}"' in page


@pytest.mark.parametrize(
    "query",
    [
        "at=2",
        "at=0",
        "at=99999",
        "at=x",
        "at=-1",
        "before=1e3",
        f"after={2**63}",
        "at=½",
    ],
)
def test_a_place_that_is_not_there_is_not_found(
    signed_in: Client, alice: User, room: Room, query: str
) -> None:
    message = services.message_send(author=alice, room=room, body="one")
    services.message_edit(user=alice, room_id=room.pk, seq=message.seq, body="two")
    assert signed_in.get(f"/rooms/general/?{query}").status_code == 404


def test_the_message_of_a_permanent_link_has_the_focus_without_javascript(
    signed_in: Client, full_room: Room
) -> None:
    message = full_room.messages.order_by("seq")[60]
    page = signed_in.get(message.get_absolute_url()).content.decode()
    [focused] = re.findall(r'tabindex="-1" autofocus\s+data-id="(\d+)"', page)
    assert int(focused) == message.seq


@pytest.mark.parametrize("time_zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_leads_to_its_first_message_here(
    signed_in: Client, alice: User, room: Room, time_zone: str
) -> None:
    with timezone.override(time_zone):
        for day, hour in [(3, 23), (4, 0), (4, 12), (6, 1)]:
            message = services.message_send(author=alice, room=room, body=f"{day} {hour}")
            at = timezone.make_aware(datetime(2026, 3, day, hour))
            Message.objects.filter(pk=message.pk).update(created_at=at)
        for day, seq in [(1, 1), (3, 1), (4, 2), (5, 4), (6, 4)]:
            response = signed_in.get(f"/rooms/general/day/?date=2026-03-{day:02}")
            assert response.headers["Location"] == f"/rooms/general/?at={seq}"
        response = signed_in.get("/rooms/general/day/?date=2026-03-07")
        assert response.headers["Location"] == "/rooms/general/"


@pytest.mark.parametrize("date", ["", "2026-13-01", "x", "0000-00-00"])
def test_a_day_that_is_none_is_not_found(signed_in: Client, room: Room, date: str) -> None:
    assert signed_in.get(f"/rooms/general/day/?date={date}").status_code == 404


def test_what_is_private_has_no_history_for_others(
    signed_in: Client, alice: User, bob: User
) -> None:
    secret = services.room_create(name="Secret", kind=Room.Kind.PRIVATE, owner=bob)
    services.message_send(author=bob, room=secret, body="secret")
    for page in ("?at=1", "day/?date=2026-01-01"):
        assert signed_in.get(f"{secret.get_absolute_url()}{page}").status_code == 404
