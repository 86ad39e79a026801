import asyncio
from typing import Any

import pytest

from realtime import close_codes
from realtime.groups import Group
from realtime.rooms import GroupConsumer, RoomConsumer, group_message, room_message

from .clients import Client, Visit
from .layers import AnyLayer, listened_to, until
from .redis import PrivateRedis

pytestmark = pytest.mark.usefixtures("layer")


# GroupConsumer


class Board(GroupConsumer):
    group_name = "board.{board}"


BOARD = {"route": "board/<str:board>"}


async def test_all_of_a_group_hear_what_one_sends_and_no_others(visit: Visit) -> None:
    one, two = [await visit(Board.as_asgi(), "board/7", **BOARD) for _ in range(2)]
    other = await visit(Board.as_asgi(), "board/8", **BOARD)
    await one.send({"card": [1, None]})
    assert await one.receive() == {"card": [1, None]}
    assert await two.receive() == {"card": [1, None]}
    assert await other.hears_nothing()


async def test_text_and_bytes_are_passed_on_as_they_are(layer: AnyLayer) -> None:
    heard: list[Any] = []

    async def send(message: dict[str, Any]) -> None:
        heard.append(message.get("text") or message.get("bytes"))

    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "websocket", "path": "/", "url_route": {"kwargs": {"board": "7"}}}
    inbox.put_nowait({"type": "websocket.connect"})
    inbox.put_nowait({"type": "websocket.receive", "text": "plain words"})
    inbox.put_nowait({"type": "websocket.receive", "bytes": b"\x00\xff"})
    inbox.put_nowait({"type": "websocket.receive", "text": "[" * 100_000})
    connection = asyncio.ensure_future(Board.as_asgi()(scope, inbox.get, send))
    await until(lambda: len(heard) == 4)
    assert heard == [None, "plain words", b"\x00\xff", "[" * 100_000]
    inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await connection
    assert not listened_to(layer)


@pytest.mark.parametrize("visit", ["stream"], indirect=True)
async def test_what_is_sent_into_a_group_cannot_forge_the_envelope_around_it(visit: Visit) -> None:
    client = await visit(Board.as_asgi(), "board/7", **BOARD)
    forged = '1},{"stream":"other","payload":2'
    await client.socket.send_json_to({"stream": "board/7", "encoding": "text", "payload": forged})
    assert await client.socket.receive_json_from() == {
        "stream": "board/7",
        "encoding": "text",
        "payload": forged,
    }


async def test_a_message_is_the_same_text_for_all_who_hear_it(
    visit: Visit, layer: AnyLayer
) -> None:
    published: list[Any] = []
    await layer.listen("board.7", published.append)
    client = await visit(Board.as_asgi(), "board/7", **BOARD)
    await client.send({"card": 1})
    await client.receive()
    assert [(message["text"], message["json"]) for message in published] == [('{"card": 1}', True)]


async def test_views_and_tasks_send_to_groups_too(visit: Visit) -> None:
    client = await visit(Board.as_asgi(), "board/7", **BOARD)
    await asyncio.to_thread(Group("board.7").send, group_message({"from": "a view"}))
    assert await client.receive() == {"from": "a view"}


@pytest.mark.parametrize("name", ["board/a%20b", "board/" + "x" * 100])
async def test_a_name_that_channels_refuses_refuses_the_connection(visit: Visit, name: str) -> None:
    client = await visit(Board.as_asgi(), name, **BOARD)
    assert await client.closed() == close_codes.BAD_REQUEST


async def test_a_consumer_may_name_its_group_otherwise(visit: Visit) -> None:
    class Shared(Board):
        def get_group_name(self) -> str:
            return "all-boards"

    one = await visit(Shared.as_asgi(), "board/7", **BOARD)
    two = await visit(Shared.as_asgi(), "board/8", **BOARD)
    await one.send("hello")
    assert await two.receive() == "hello"


@pytest.mark.parametrize("layer", ["redis"], indirect=True)
async def test_while_redis_is_away_the_sender_is_told_and_stays(
    visit: Visit, private_redis: PrivateRedis
) -> None:
    board = await visit(Board.as_asgi(), "board/7", **BOARD)
    talk = await visit(RoomConsumer.as_asgi())
    await talk.ask("room.join", room="general")
    private_redis.kill()
    try:
        answer = await board.ask("card.move")
        assert (answer["code"], answer["retry_after"]) == ("unavailable", 1)
        answer = await talk.ask("room.send", rooms=["general"], data=1)
        assert (answer["code"], answer["retry_after"]) == ("unavailable", 1)
    finally:
        await asyncio.to_thread(private_redis.start)
    async with asyncio.timeout(20):
        while await talk.hears_nothing():  # until the layer listens again
            await talk.send({"type": "room.send", "rooms": ["general"], "data": 2})


# RoomConsumer


class Talk(RoomConsumer):
    max_rooms = 3

    async def may_join(self, room: str) -> bool:
        return room != "secret"


async def join(client: Client, *rooms: str) -> Client:
    for room in rooms:
        assert (await client.ask("room.join", room=room))["type"] == "ok"
    return client


async def test_a_message_reaches_those_in_the_room(visit: Visit) -> None:
    alice = await join(await visit(Talk.as_asgi()), "general", "café 茶")
    bob = await join(await visit(Talk.as_asgi()), "general")
    carol = await join(await visit(Talk.as_asgi()), "café 茶")
    await alice.send({"type": "room.send", "rooms": ["general"], "data": {"text": "hi"}})
    expected = {"type": "room.message", "room": "general", "data": {"text": "hi"}}
    assert await bob.receive() == expected
    assert await alice.receive() == expected
    assert await carol.hears_nothing()


async def test_one_message_may_go_to_many_rooms_at_once(visit: Visit) -> None:
    alice = await join(await visit(Talk.as_asgi()), "one", "two", "three")
    bob = await join(await visit(Talk.as_asgi()), "two", "three")
    await alice.send({"type": "room.send", "rooms": ["one", "two", "three", "two"], "data": 1})
    assert [(await bob.receive())["room"] for _ in range(2)] == ["two", "three"]
    assert [(await alice.receive())["room"] for _ in range(3)] == ["one", "two", "three"]
    assert await bob.hears_nothing()


async def test_who_left_hears_nothing_more_and_may_not_send(visit: Visit, layer: AnyLayer) -> None:
    alice = await join(await visit(Talk.as_asgi()), "general")
    bob = await join(await visit(Talk.as_asgi()), "general")
    assert (await bob.ask("room.leave", room="general"))["type"] == "ok"
    assert (await bob.ask("room.leave", room="general"))["type"] == "ok"  # is no mistake
    await alice.send({"type": "room.send", "rooms": ["general"], "data": 1})
    await alice.receive()
    assert await bob.hears_nothing()
    refused = await bob.ask("room.send", rooms=["general"], data=1)
    assert refused["code"] == "not_allowed"


async def test_joining_and_leaving_again_and_again_leaves_nothing(
    visit: Visit, layer: AnyLayer
) -> None:
    alice = await visit(Talk.as_asgi())
    for number in range(50):
        await join(alice, f"room-{number}", f"room-{number}")
        await alice.ask("room.leave", room=f"room-{number}")
    assert not listened_to(layer)


async def test_a_room_that_may_not_be_joined_is_refused(visit: Visit, layer: AnyLayer) -> None:
    alice = await visit(Talk.as_asgi())
    assert (await alice.ask("room.join", room="secret"))["code"] == "not_allowed"
    assert (await alice.ask("room.join", room=""))["code"] == "bad_command"
    assert not listened_to(layer)


async def test_where_one_room_is_refused_nothing_is_sent_to_any(visit: Visit) -> None:
    alice = await join(await visit(Talk.as_asgi()), "general")
    refused = await alice.ask("room.send", rooms=["general", "other"], data=1)
    assert refused["code"] == "not_allowed"
    assert await alice.hears_nothing()


async def test_a_connection_is_in_so_many_rooms_and_no_more(visit: Visit) -> None:
    alice = await join(await visit(Talk.as_asgi()), "one", "two", "three")
    assert (await alice.ask("room.join", room="four"))["code"] == "too_many_rooms"
    await alice.ask("room.leave", room="one")
    await join(alice, "four")


async def test_who_is_gone_has_left_all_rooms(visit: Visit, layer: AnyLayer) -> None:
    alice = await join(await visit(Talk.as_asgi()), "one", "two", "three")
    assert len(listened_to(layer)) == 3
    await alice.leave()
    assert not listened_to(layer)


async def test_views_and_tasks_send_to_rooms_too(visit: Visit) -> None:
    alice = await join(await visit(Talk.as_asgi()), "general")
    send = Talk.room_group("general").send
    await asyncio.to_thread(send, room_message("general", {"text": "from a view"}))
    assert (await alice.receive())["data"] == {"text": "from a view"}


async def test_kinds_of_rooms_do_not_meet(visit: Visit) -> None:
    class Games(Talk):
        room_kind = "game"

    talk = await join(await visit(Talk.as_asgi()), "general")
    game = await join(await visit(Games.as_asgi()), "general")
    await talk.send({"type": "room.send", "rooms": ["general"], "data": 1})
    await talk.receive()
    assert await game.hears_nothing()
