"""The whole site over server-sent events and POST: the same room, for those without WebSockets."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib.sessions.models import Session

from accounts.models import User
from chat import services
from chat.models import Membership, Message, Room
from conftest import Connect
from realtime.database import on_database_thread
from realtime.tests.http import HttpClient

from .http import request, say
from .sockets import PRESENCE, ask, hear

STREAM = "chat/general"
SIGNS_OF_LIFE = {"pong", "opened"}


class Events:
    """A stream of events, as the page's `EventSocket` opens it."""

    def __init__(self, user: User, **params: object) -> None:
        self._user = user
        query = json.dumps([{"stream": STREAM, "params": params}])
        self._path = f"/ws/events/?{urlencode({'open': query})}"

    async def __aenter__(self) -> "Events":
        self._client = await request(self._path, self._user)
        assert (await self._client.open())["status"] == 200
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.leave()

    async def frame(self) -> Any:
        while True:
            frame = json.loads((await self._client.read()).removeprefix("data: "))
            if frame.get("event") not in SIGNS_OF_LIFE:
                return frame

    async def hear(self, wanted: str | None = None) -> Any:
        """The next thing that is said in the room, or the next of a type."""
        while True:
            heard = (await self.frame())["payload"]
            if heard["type"] == wanted or (wanted is None and heard["type"] not in PRESENCE):
                return heard


async def post(user: User | None, type: str, *, stream: str = STREAM, **fields: object) -> Any:
    """Give a command by POST; the frame that answers it."""
    command = {"type": type, "id": "1", **fields}
    client = await posting(user, {"stream": stream, "payload": command})
    response = await client.get_response()
    assert response["status"] == 200, response
    return json.loads(response["body"])


async def posting(
    user: User | None, frame: object, origin: str = "http://testserver"
) -> HttpClient:
    body = json.dumps(frame).encode()
    return await request("/ws/commands/", user, "POST", body, origin=origin)


def message(body: str) -> dict[str, str]:
    return {"client_id": str(uuid4()), "body": body}


async def test_people_on_both_ways_hear_the_same_events_with_the_same_numbers(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    socket = await connect("/ws/chat/general/", bob)
    joined = await hear(socket)
    async with Events(alice) as events:
        assert await events.hear() == joined
        assert (await post(alice, "message.send", **message("by POST")))["payload"]["seq"] == 1
        reply = await ask(socket, "message.send", **message("by socket"))
        assert reply["seq"] == 2
        await post(alice, "message.edit", message=1, body="by POST, edited")
        on_socket = [await hear(socket) for _ in range(3)]
        by_events = [await events.hear() for _ in range(3)]
    assert by_events == on_socket
    assert [event["seq"] for event in by_events] == [1, 2, 3]


async def test_who_comes_back_gets_what_was_missed(alice: User, room: Room) -> None:
    await say(alice, room, "one", "two", "three")
    async with Events(alice, since=1, epoch=room.epoch) as events:
        heard = [await events.hear() for _ in range(3)]
    assert [event.get("body") for event in heard] == ["two", "three", None]
    assert heard[-1]["recovered"] is True


async def test_a_command_that_is_posted_twice_is_carried_out_once(alice: User, room: Room) -> None:
    command = message("once")
    answers = [await post(alice, "message.send", **command) for _ in range(2)]
    assert [answer["payload"]["seq"] for answer in answers] == [1, 1]
    assert await Message.objects.acount() == 1


async def test_what_is_wrong_with_a_command_is_its_answer(alice: User, room: Room) -> None:
    answer = await post(alice, "message.send", **message(" "))
    assert (answer["payload"]["type"], answer["payload"]["code"]) == ("error", "bad_command")


async def test_nobody_seems_to_come_and_go_who_only_gives_commands(
    alice: User, bob: User, room: Room
) -> None:
    async with Events(alice), Events(bob) as of_bob:
        names: set[str] = set()
        while names != {"alice", "bob"}:
            heard = await of_bob.hear("presence.changed")
            names |= {person["author"] for person in heard["joined"]}
        for number in range(5):
            await post(alice, "message.send", **message(str(number)))
        frames = [await of_bob.frame() for _ in range(5)]
    assert {frame["payload"]["type"] for frame in frames} == {"message.created"}


async def test_who_is_removed_from_a_room_is_told_for_good_on_both_ways(
    alice: User, bob: User, room: Room
) -> None:
    await Room.objects.filter(pk=room.pk).aupdate(kind=Room.Kind.PRIVATE)
    for user, role in ((alice, Membership.Role.OWNER), (bob, Membership.Role.MEMBER)):
        await Membership.objects.acreate(room=room, user=user, role=role)
    async with Events(bob) as events:
        assert (await events.hear())["type"] == "room.joined"
        remove = services.member_remove
        await on_database_thread(remove, user=alice, room_id=room.pk, member_id=bob.pk)
        while (frame := await events.frame()).get("event") != "closed":
            pass
    assert frame["payload"]["code"] == 4409
    answer = await post(bob, "message.send", **message("I am still here"))
    assert (answer["event"], answer["payload"]["code"]) == ("closed", 4404)


async def test_who_is_not_signed_in_is_told_so_on_both_ways(room: Room) -> None:
    answer = await post(None, "message.send", **message("hi"))
    assert (answer["event"], answer["payload"]["code"]) == ("closed", 4401)
    query = urlencode({"open": json.dumps([{"stream": STREAM}])})
    stream = await request(f"/ws/events/?{query}")
    await stream.open()
    while '"closed"' not in (frame := await stream.read()):
        pass
    assert '"code":4401' in frame
    await stream.leave()


async def test_a_session_that_has_ended_gives_no_more_commands(alice: User, room: Room) -> None:
    command = {"type": "message.send", "id": "1", **message("hi")}
    client = await posting(alice, {"stream": STREAM, "payload": command})
    await Session.objects.all().adelete()
    answer = json.loads((await client.get_response())["body"])
    assert answer["payload"]["code"] == 4401


async def test_no_other_site_gives_a_command_in_ones_name(alice: User, room: Room) -> None:
    command = {"type": "message.send", "id": "1", **message("forged")}
    for origin in ("http://evil.example", "null", ""):
        client = await posting(alice, {"stream": STREAM, "payload": command}, origin)
        assert (await client.get_response())["status"] == 403
    assert await Message.objects.acount() == 0


async def test_the_other_streams_of_a_page_come_the_same_way(alice: User, room: Room) -> None:
    answer = await post(alice, "task.cancel", stream="tasks", task=str(uuid4()))
    assert answer["stream"] == "tasks"
    assert answer["payload"]["ref"] == "1"
