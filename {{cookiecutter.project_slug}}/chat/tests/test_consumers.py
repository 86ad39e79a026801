import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from accounts.models import User
from chat import feed, services
from chat.consumers import ChatConsumer
from chat.events import message_created, room_group
from chat.models import Message, Room
from conftest import Connect
from realtime.testing import PatientCommunicator
from realtime.tests.clients import Visit

from .sockets import hear, hear_by_type, hears_nothing, joined


async def say(author: User, room: Room, *bodies: str) -> None:
    for body in bodies:
        await database_sync_to_async(services.message_send)(author=author, room=room, body=body)


def send_command(body: Any = "hello", **fields: Any) -> dict[str, Any]:
    return {
        "type": "message.send",
        "id": "1",
        "client_id": str(uuid.uuid4()),
        "body": body,
        **fields,
    }


async def test_a_message_reaches_everybody_in_the_room(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    sockets = [await connect("/ws/chat/general/", user) for user in (alice, bob)]
    for socket in sockets:
        assert await hear(socket) == joined(room, 0)
    command = send_command("hello, 茶 <b>")
    await sockets[0].send_json_to(command)
    heard = await hear_by_type(sockets[0], 2)
    assert heard["ok"] == {"type": "ok", "ref": "1", "seq": 1}
    stored = await Message.objects.aget()
    event = {
        "type": "message.created",
        "seq": 1,
        "id": 1,
        "client_id": command["client_id"],
        "author": "alice",
        "name": "alice",
        "body": "hello, 茶 <b>",
        "created_at": stored.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert heard["message.created"] == event
    assert await hear(sockets[1]) == event


async def test_the_multiplexed_and_the_direct_socket_speak_the_same(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    direct = await connect("/ws/chat/general/", alice)
    multiplexed = await connect("/ws/", bob)
    await hear(direct)
    await multiplexed.send_json_to({"stream": "chat/general", "event": "open"})
    assert (await multiplexed.receive_json_from())["event"] == "opened"
    assert (await multiplexed.receive_json_from())["payload"]["type"] == "room.joined"
    await multiplexed.send_json_to({"stream": "chat/general", "payload": send_command("hi")})
    types: dict[str, Any] = {}
    while not {"ok", "message.created"} <= types.keys():
        payload = (await multiplexed.receive_json_from())["payload"]
        types[payload["type"]] = payload
    assert types["ok"]["seq"] == 1
    assert await hear(direct) == types["message.created"]


async def test_the_test_kit_visits_a_consumer_without_the_site(
    visit: Visit, alice: User, room: Room
) -> None:
    consumer = ChatConsumer.as_asgi()
    client = await visit(consumer, "chat/general", route="chat/<slug:room>", user=alice)
    assert (await client.receive())["type"] == "room.joined"
    assert (await client.receive())["type"] == "presence.list"
    refusal = await client.ask("message.send", client_id=str(uuid.uuid4()), body=" ")
    assert refusal["code"] == "bad_command"


async def test_rooms_do_not_hear_each_other(alice: User, room: Room, connect: Connect) -> None:
    other = await database_sync_to_async(services.room_create)(name="Other")
    socket = await connect("/ws/chat/other/", alice)
    await hear(socket)
    await say(alice, room, "not for you")
    await say(alice, other, "for you")
    assert (await hear(socket))["body"] == "for you"


async def test_a_client_that_comes_back_gets_what_it_missed(
    alice: User, room: Room, connect: Connect
) -> None:
    await say(alice, room, "one", "two", "three")
    socket = await connect("/ws/chat/general/?since=1", alice)
    messages = [await hear(socket) for _ in range(3)]
    assert [message.get("body") for message in messages] == ["two", "three", None]
    assert messages[2] == joined(room, 3)
    await say(alice, room, "four")
    assert (await hear(socket))["seq"] == 4


@pytest.mark.parametrize("since", [0, 99])
async def test_a_client_too_far_away_is_told_to_reload(
    alice: User, room: Room, connect: Connect, monkeypatch: pytest.MonkeyPatch, since: int
) -> None:
    monkeypatch.setattr(feed, "KEPT", 2)
    await say(alice, room, "one", "two", "three")
    socket = await connect(f"/ws/chat/general/?since={since}", alice)
    assert await hear(socket) == joined(room, 3, recovered=False)


async def test_an_event_that_was_read_already_is_not_sent_twice(
    alice: User, room: Room, connect: Connect
) -> None:
    await say(alice, room, "one")
    socket = await connect("/ws/chat/general/?since=0", alice)
    messages = [await hear(socket) for _ in range(2)]
    assert [message["type"] for message in messages] == ["message.created", "room.joined"]
    message = await Message.objects.select_related("author").aget()
    await get_channel_layer().group_send(
        room_group(room.pk).name, message_created(message, details=False)
    )
    assert await hears_nothing(socket)


async def test_a_repeated_send_is_answered_with_the_first_result(
    alice: User, room: Room, connect: Connect
) -> None:
    socket = await connect("/ws/chat/general/", alice)
    await hear(socket)
    command = send_command()
    await socket.send_json_to(command)
    await hear_by_type(socket, 2)
    await socket.send_json_to({**command, "id": "2"})
    assert await hear(socket) == {"type": "ok", "ref": "2", "seq": 1}
    assert await hears_nothing(socket)


async def test_a_client_id_of_another_room_is_refused(
    alice: User, room: Room, connect: Connect
) -> None:
    other = await database_sync_to_async(services.room_create)(name="Other")
    command = send_command()
    arguments = {"author": alice, "room": other, "body": "there", "client_id": command["client_id"]}
    await database_sync_to_async(services.message_send)(**arguments)
    socket = await connect("/ws/chat/general/", alice)
    await hear(socket)
    await socket.send_json_to(command)
    assert (await hear(socket))["code"] == "bad_command"


@pytest.mark.parametrize(
    "command",
    [
        send_command(""),
        send_command(" \n\t"),
        send_command("nul \0 byte"),
        send_command("x" * (Message.BODY_MAX_LENGTH + 1)),
        send_command(5),
        send_command(client_id="1"),
        send_command(type="message.shout"),
    ],
)
async def test_a_bad_command_is_refused_and_stores_nothing(
    alice: User, room: Room, connect: Connect, command: dict[str, Any]
) -> None:
    socket = await connect("/ws/chat/general/", alice)
    await hear(socket)
    await socket.send_json_to(command)
    answer = await hear(socket)
    assert (answer["type"], answer["ref"], answer["code"]) == ("error", "1", "bad_command")
    assert not await Message.objects.aexists()


async def closed_with(socket: PatientCommunicator) -> int:
    message = await socket.receive_output()
    assert message["type"] == "websocket.close"
    return int(message["code"])


async def test_who_is_not_signed_in_learns_so(room: Room, connect: Connect) -> None:
    assert await closed_with(await connect("/ws/chat/general/")) == 4401
    multiplexed = await connect("/ws/")
    await multiplexed.send_json_to({"stream": "chat/general", "event": "open"})
    assert (await multiplexed.receive_json_from())["payload"]["code"] == 4401


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/ws/chat/nowhere/", 4404),
        ("/ws/nothing/here/", 4404),
        ("/ws/chat/general/?since=yesterday", 4400),
    ],
)
async def test_what_is_not_there_closes_with_the_reason(
    alice: User, room: Room, connect: Connect, path: str, code: int
) -> None:
    assert await closed_with(await connect(path, alice)) == code
