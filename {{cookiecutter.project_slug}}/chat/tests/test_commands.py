"""What people do in a room, by the commands of its consumer."""

from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from chat.commands import RoomCommands
from chat.models import Membership, Mention, Message, Room
from chat.services.numbers import change_room, lock_room
from conftest import Connect
from realtime.database import on_database_thread
from realtime.testing import PatientCommunicator

from .sockets import ask, hear, hear_by_type, send

PATH = "/ws/chat/general/"


async def enter(connect: Connect, user: User) -> PatientCommunicator:
    socket = await connect(PATH, user)
    await hear(socket)
    return socket


async def heard(socket: PatientCommunicator, kind: str) -> dict[str, Any]:
    """The next of this type; what comes before it is skipped."""
    while (message := await hear(socket))["type"] != kind:
        pass
    return message


async def test_a_message_is_edited_by_its_author_only(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers, his = await enter(connect, alice), await enter(connect, bob)
    assert (await send(hers, "Helo"))["seq"] == 1
    edited = await ask(hers, "message.edit", message=1, body="Hello")
    assert edited["type"] == "ok"
    changed = await heard(his, "message.changed")
    assert (changed["seq"], changed["id"], changed["body"]) == (2, 1, "Hello")
    assert changed["edited"]
    refused = await ask(his, "message.edit", message=1, body="Goodbye")
    assert refused["code"] == "not_allowed"


async def test_a_deleted_message_leaves_a_tombstone_and_nothing_of_what_it_said(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers, his = await enter(connect, alice), await enter(connect, bob)
    await send(hers, "@bob a secret")
    await ask(his, "message.react", message=1, emoji="👍", on=True)
    assert (await ask(his, "message.delete", message=1))["code"] == "not_allowed"
    assert (await ask(hers, "message.delete", message=1))["type"] == "ok"
    while not (changed := await heard(his, "message.changed")).get("deleted"):
        pass
    assert (changed["body"], "reactions" in changed, "mentions" in changed) == ("", False, False)
    late = await connect(f"{PATH}?since=0", bob)
    seen = [await hear(late)]
    while seen[-1]["type"] != "room.joined":
        seen.append(await hear(late))
    assert "secret" not in str(seen)
    assert (await ask(hers, "message.edit", message=1, body="back"))["code"] == "not_found"


async def test_the_owner_of_a_room_may_delete_what_others_say(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    await Membership.objects.acreate(room=room, user=alice, role=Membership.Role.OWNER)
    hers, his = await enter(connect, alice), await enter(connect, bob)
    await send(his, "spam")
    assert (await ask(hers, "message.delete", message=1))["type"] == "ok"


async def test_a_reaction_is_put_once_and_taken_away(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers, his = await enter(connect, alice), await enter(connect, bob)
    await send(hers, "hello")
    for socket in (his, his, hers):
        await ask(socket, "message.react", message=1, emoji="👍", on=True)
    await ask(his, "message.react", message=1, emoji="👍", on=False)
    found = [(await heard(his, "message.changed")).get("reactions", {}) for _ in range(3)]
    assert found == [{"👍": ["bob"]}, {"👍": ["bob", "alice"]}, {"👍": ["alice"]}]


async def test_a_reply_quotes_a_message_of_its_room(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers, his = await enter(connect, alice), await enter(connect, bob)
    await send(hers, "Tea?")
    await send(his, "Yes!", reply_to=1)
    await heard(hers, "message.created")
    reply = await heard(hers, "message.created")
    assert reply["reply_to"] == {"id": 1, "author": "alice", "name": "alice", "body": "Tea?"}
    assert (await send(his, "What?", reply_to=99))["code"] == "bad_command"


async def test_who_is_mentioned_is_noted(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers = await enter(connect, alice)
    await send(hers, "Ask @bob, or @nobody. Not bob@example.com, nor @alice!")
    assert [mention.user_id async for mention in Mention.objects.all()] == [bob.pk]
    await ask(hers, "message.edit", message=1, body="Ask @bob.")
    assert await Mention.objects.acount() == 1


@pytest.mark.parametrize(
    ("typed", "kind", "body"),
    [
        ("/me waves", "action", "waves"),
        ("/me\nwaves\ntwice", "action", "waves\ntwice"),
        ("/name Alice Liddell", "action", "is called Alice Liddell now"),
        ("/name می‌خواهم", "action", "is called می‌خواهم now"),
        ("/topic Tea", "action", "changed the topic: Tea"),
        ("//me waves", "text", "/me waves"),
        ("/usr/bin/env is a path", "text", "/usr/bin/env is a path"),
        ("/ 7", "text", "/ 7"),
    ],
)
async def test_what_begins_with_a_slash_may_be_a_command(
    alice: User,
    room: Room,
    connect: Connect,
    settings: Any,
    typed: str,
    kind: str,
    body: str,
) -> None:
    settings.LANGUAGE_CODE = "en"
    socket = await enter(connect, alice)
    assert (await send(socket, typed))["type"] == "ok"
    message = await Message.objects.aget()
    assert (message.kind, message.body) == (kind, body)


async def test_a_new_name_and_a_new_topic_are_for_everybody(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers, his = await enter(connect, alice), await enter(connect, bob)
    await send(hers, "/topic Tea & cake")
    assert (await heard(his, "room.changed"))["topic"] == "Tea & cake"
    await send(hers, "/name Alice")
    await send(hers, "hello")
    assert (await heard(his, "message.created"))["name"] == "alice"
    assert [(await heard(his, "message.created"))["name"] for _ in range(2)] == ["Alice", "Alice"]
    await bob.arefresh_from_db()
    await alice.arefresh_from_db()
    assert (alice.shown_name, bob.shown_name) == ("Alice", "bob")


@pytest.mark.parametrize(
    "typed",
    ["/shrug", "/me", "/name " + "x" * 61, "/name \u200d", "/name \u202e", "/topic " + "x" * 251],
)
async def test_a_command_that_is_none_says_so_and_nothing_is_sent(
    alice: User, room: Room, connect: Connect, typed: str
) -> None:
    socket = await enter(connect, alice)
    assert (await send(socket, typed))["type"] == "error"
    assert not await Message.objects.aexists()


async def test_help_is_for_who_asks(alice: User, room: Room, connect: Connect) -> None:
    socket = await enter(connect, alice)
    assert "/me" in (await send(socket, "/help"))["notice"]
    assert not await Message.objects.aexists()


async def test_what_was_read_stays_read(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    membership = await Membership.objects.acreate(room=room, user=alice)
    await Room.objects.filter(pk=room.pk).aupdate(seq=5)
    socket = await enter(connect, alice)
    for seq in (5, 3, 99):
        assert (await ask(socket, "room.read", seq=seq))["type"] == "ok"
    await membership.arefresh_from_db()
    assert membership.read_seq == 5


async def test_who_types_is_shown_now_and_then(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers, his = await enter(connect, alice), await enter(connect, bob)
    for _ in range(5):
        await ask(hers, "typing.start")
    await send(hers, "done")
    found = await hear_by_type(his, 2)
    assert found["typing"] == {"type": "typing", "author": "alice", "name": "alice"}
    assert found["message.created"]["body"] == "done"


async def test_people_are_found_by_the_beginning_of_a_name(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    socket = await enter(connect, alice)
    found = await ask(socket, "people.find", query="BO")
    assert found["people"] == [{"author": "bob", "name": "bob"}]
    await Room.objects.filter(pk=room.pk).aupdate(kind=Room.Kind.PRIVATE)
    assert (await ask(socket, "people.find", query=""))["people"] == []


async def test_who_is_removed_hears_no_more(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    await Room.objects.filter(pk=room.pk).aupdate(kind=Room.Kind.PRIVATE)
    for user in (alice, bob):
        await Membership.objects.acreate(room=room, user=user)
    hers, his = await enter(connect, alice), await enter(connect, bob)

    @transaction.atomic
    def remove() -> None:
        locked = lock_room(room.pk)
        Membership.objects.filter(user=bob).delete()
        change_room(locked)

    await on_database_thread(remove)
    while (message := await his.receive_output())["type"] != "websocket.close":
        pass
    assert message["code"] == 4409
    assert (await send(hers, "He is gone"))["type"] == "ok"


def test_no_text_makes_the_patterns_of_commands_slow() -> None:
    """Backtracking over these would take years."""
    for name in ("/name", "/topic", "/me", "/help", "/x"):
        for filler in (" ", "\n", " a"):
            body = f"{name} a" + filler * 5_000 + "\0"
            for routes in RoomCommands._routes.values():
                for route, _name in routes:
                    for _field, pattern in route.patterns:
                        pattern.fullmatch(body * 20)


async def test_what_a_reply_quotes_goes_with_the_message(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    hers = await enter(connect, alice)
    await send(hers, "a secret")
    await send(hers, "answered", reply_to=1)
    await ask(hers, "message.delete", message=1)
    await heard(hers, "message.changed")
    late = await connect(f"{PATH}?since=1", bob)
    reply = await heard(late, "message.created")
    assert (reply["body"], reply["reply_to"]["body"]) == ("answered", "")
    assert reply["reply_to"]["deleted"]
