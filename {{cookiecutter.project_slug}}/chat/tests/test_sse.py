import asyncio
import json
from typing import Any

import pytest
from channels.layers import get_channel_layer

from accounts.models import User
from chat import feed, feeds, sse
from chat.events import message_created, room_group
from chat.models import Message, Room
from realtime.tests.http import HttpClient
from realtime.tests.layers import listened_to, until

from .http import request, say, write_silently
from .sockets import PRESENCE, joined

EVENTS = "/rooms/general/events/"


async def events(stream: HttpClient, count: int) -> list[dict[str, Any]]:
    """The data of the next events; of their other fields it checks that they agree with it."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        text = await stream.read()
        assert text, f"the stream ended after {found}"
        fields = dict(line.split(": ", 1) for line in text.splitlines() if line)
        if "data" in fields:
            data = json.loads(fields["data"])
            if data["type"] not in PRESENCE:
                seq, _, epoch = fields["id"].partition(".")
                assert (int(seq), len(epoch)) == (data["seq"], 16)
                found.append(data)
    return found


async def follow(user: User, path: str = EVENTS, **headers: str) -> HttpClient:
    stream = await request(path, user, **headers)
    assert (await stream.open())["status"] == 200
    return stream


def bodies(found: list[dict[str, Any]]) -> list[str]:
    return [event["body"] for event in found if "body" in event]


async def test_a_room_can_be_followed_as_server_sent_events(alice: User, room: Room) -> None:
    await say(alice, room, "before")
    stream = await request(EVENTS, alice)
    start = await stream.open()
    assert (b"Content-Type", b"text/event-stream") in start["headers"]
    assert await events(stream, 1) == [joined(room, 1)]
    await say(alice, room, "a\nb")
    [event] = await events(stream, 1)
    assert (event["type"], event["author"], event["body"]) == ("message.created", "alice", "a\nb")
    await stream.leave()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (EVENTS, {"last_event_id": "1"}),
        (f"{EVENTS}?since=1", {}),
        (f"{EVENTS}?since=0", {"last_event_id": "1"}),  # its URL stays when a browser comes back
    ],
)
async def test_who_comes_back_gets_what_was_missed(
    alice: User, room: Room, path: str, headers: dict[str, str]
) -> None:
    await say(alice, room, "one", "two", "three")
    stream = await follow(alice, path, **headers)
    missed = await events(stream, 3)
    assert bodies(missed) == ["two", "three"]
    assert missed[2] == joined(room, 3)
    await say(alice, room, "four")
    assert bodies(await events(stream, 1)) == ["four"]
    await stream.leave()


@pytest.mark.parametrize("since", ["0", "99"])
async def test_who_was_away_too_long_is_told_to_load_anew(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, since: str
) -> None:
    monkeypatch.setattr(feed, "KEPT", 2)
    await say(alice, room, "one", "two", "three")
    stream = await follow(alice, last_event_id=since)
    assert await events(stream, 1) == [joined(room, 3, recovered=False)]
    await say(alice, room, "four")
    assert bodies(await events(stream, 1)) == ["four"]
    await stream.leave()


async def test_events_come_in_order_and_once(alice: User, room: Room) -> None:
    stream = await follow(alice)
    assert await events(stream, 1) == [joined(room, 0)]
    for body in ("one", "two", "three"):
        await write_silently(alice, room, body)
    for seq in (2, 1, 1, 3, 2):
        message = await Message.objects.select_related("author").aget(seq=seq)
        await get_channel_layer().group_send(
            room_group(room.pk).name, message_created(message, details=False)
        )
    await say(alice, room, "four")
    assert bodies(await events(stream, 4)) == ["one", "two", "three", "four"]
    await stream.leave()


async def test_an_event_that_got_lost_is_read_from_the_database(alice: User, room: Room) -> None:
    stream = await follow(alice)
    assert await events(stream, 1) == [joined(room, 0)]
    await write_silently(alice, room, "lost")
    await say(alice, room, "heard")
    assert bodies(await events(stream, 2)) == ["lost", "heard"]
    await stream.leave()


async def test_a_quiet_stream_shows_that_it_lives(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.05)
    stream = await follow(alice)
    await events(stream, 1)
    for _ in range(2):
        while await stream.read() != ": still here\n\n":
            pass
    await say(alice, room, "one")
    assert bodies(await events(stream, 1)) == ["one"]
    await stream.leave()


async def test_a_long_stream_ends_so_that_the_next_request_proves_what_was_read(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "RESPONSE_BYTES", 1000)
    await say(alice, room, *(f"{number} {'x' * 100}" for number in range(20)))
    read: list[str] = []
    last, responses = "0", 0
    while len(read) < 20:
        body = (await (await request(EVENTS, alice, last_event_id=last)).get_response())["body"]
        assert len(body) < 2000
        lines = body.decode().splitlines()
        read += bodies([json.loads(line[6:]) for line in lines if line.startswith("data: ")])
        last = [line[4:] for line in lines if line.startswith("id: ")][-1]
        responses += 1
    assert [body.split()[0] for body in read] == [str(number) for number in range(20)]
    assert responses > 2


async def test_nothing_is_left_of_a_client_that_went(alice: User, room: Room) -> None:
    layer = get_channel_layer()
    await (await follow(alice)).leave()  # by which what serves all connections has begun
    await until(lambda: not feeds.feeds()._entries)
    groups, tasks = listened_to(layer), asyncio.all_tasks()
    for _ in range(10):
        stream = await follow(alice)
        await events(stream, 1)
        await stream.leave()
    await until(lambda: listened_to(layer) == groups and asyncio.all_tasks() <= tasks)


async def test_events_are_for_those_who_are_signed_in(room: Room) -> None:
    assert (await (await request(EVENTS)).get_response())["status"] == 403


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/rooms/nowhere/events/", {}, 404),
        ("GET", EVENTS, {"last_event_id": "yesterday"}, 400),
        ("GET", f"{EVENTS}?since=yesterday", {}, 400),
        ("POST", EVENTS, {}, 405),
    ],
)
async def test_what_makes_no_sense_is_refused(
    alice: User, room: Room, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    response = await (await request(path, alice, method, **headers)).get_response()
    assert response["status"] == status
