import asyncio
import json
from typing import Any

import pytest
from channels.layers import get_channel_layer

from accounts.models import User
from chat import feed, feeds, long_poll
from chat.models import Room
from realtime.tests.http import HttpClient
from realtime.tests.layers import listened_to, until

from .http import request, say, write_silently

POLL = "/rooms/general/poll/"


async def answer(poll: HttpClient) -> tuple[list[str], int, bool]:
    """The bodies of the answer's messages, its `seq`, and whether it recovered."""
    response = await poll.get_response()
    assert response["status"] == 200
    answer: dict[str, Any] = json.loads(response["body"])
    events = answer.pop("events")
    assert all(event["type"] == "message.created" for event in events)
    assert answer.keys() == {"seq", "epoch", "recovered"}
    return [event["body"] for event in events], answer["seq"], answer["recovered"]


async def held_open(path: str, user: User) -> HttpClient:
    """A poll that has nothing to answer yet."""
    poll = await request(path, user)
    await poll.send_input({"type": "http.request", "body": b""})
    poll.sent_request = True
    assert await poll.receive_nothing()
    return poll


async def test_what_was_missed_is_answered_at_once(alice: User, room: Room) -> None:
    await say(alice, room, "one", "two", "three")
    assert await answer(await request(f"{POLL}?since=1", alice)) == (["two", "three"], 3, True)


async def test_the_first_poll_learns_where_to_start(alice: User, room: Room) -> None:
    await say(alice, room, "one")
    assert await answer(await request(POLL, alice)) == ([], 1, True)


@pytest.mark.parametrize("since", [0, 99])
async def test_who_was_away_too_long_is_told_to_load_anew(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, since: int
) -> None:
    monkeypatch.setattr(feed, "KEPT", 2)
    await say(alice, room, "one", "two", "three")
    assert await answer(await request(f"{POLL}?since={since}", alice)) == ([], 3, False)


async def test_a_poll_waits_for_the_next_message(alice: User, room: Room) -> None:
    poll = await held_open(f"{POLL}?since=0", alice)
    await say(alice, room, "one")
    assert await answer(poll) == (["one"], 1, True)


async def test_a_poll_that_missed_an_event_answers_it_with_the_next(
    alice: User, room: Room
) -> None:
    poll = await held_open(f"{POLL}?since=0", alice)
    await write_silently(alice, room, "lost")
    await say(alice, room, "heard")
    assert await answer(poll) == (["lost", "heard"], 2, True)


async def test_who_polls_again_and_again_gets_each_message_once(alice: User, room: Room) -> None:
    async def poll_all() -> list[str]:
        read: list[str] = []
        while len(read) < 20:
            bodies, _, recovered = await answer(await request(f"{POLL}?since={len(read)}", alice))
            assert recovered
            read += bodies
        return read

    said = [f"message {number}" for number in range(20)]
    read, _ = await asyncio.gather(poll_all(), say(alice, room, *said))
    assert read == said


async def test_a_poll_in_a_quiet_room_ends_empty(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_poll, "POLL_SECONDS", 0.1)
    response = await (await request(f"{POLL}?since=0", alice)).get_response()
    assert (response["status"], response["body"]) == (204, b"")


async def test_nothing_is_left_of_polls_that_ended(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = get_channel_layer()
    await (await held_open(f"{POLL}?since=0", alice)).leave()  # so what serves all has begun
    await until(lambda: not feeds.feeds()._entries)
    groups, tasks = listened_to(layer), asyncio.all_tasks()
    for _ in range(3):
        await (await held_open(f"{POLL}?since=0", alice)).leave()
    monkeypatch.setattr(long_poll, "POLL_SECONDS", 0.05)
    poll = await request(f"{POLL}?since=0", alice)
    await poll.get_response()
    await poll.wait()
    await until(lambda: listened_to(layer) == groups and asyncio.all_tasks() <= tasks)


async def test_polls_are_for_those_who_are_signed_in(room: Room) -> None:
    assert (await (await request(POLL)).get_response())["status"] == 403


@pytest.mark.parametrize(
    ("path", "status"), [("/rooms/nowhere/poll/", 404), (f"{POLL}?since=yesterday", 400)]
)
async def test_what_makes_no_sense_is_refused(
    alice: User, room: Room, path: str, status: int
) -> None:
    assert (await (await request(path, alice)).get_response())["status"] == status


async def test_the_room_s_page_is_still_django_s(alice: User, room: Room) -> None:
    response = await (await request("/rooms/general/", alice)).get_response()
    assert response["status"] == 200
    assert b"<!doctype html>" in response["body"][:100].lower()
