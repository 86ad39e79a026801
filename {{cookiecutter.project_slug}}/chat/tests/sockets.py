"""What the tests of the room's consumer share."""

import uuid
from typing import Any
from weakref import WeakKeyDictionary

from chat.models import Room
from realtime.testing import PatientCommunicator

PRESENCE = {"presence.list", "presence.changed"}

_before_replies: WeakKeyDictionary[PatientCommunicator, list[dict[str, Any]]]
_before_replies = WeakKeyDictionary()


async def hear(socket: PatientCommunicator) -> dict[str, Any]:
    """The next thing that a socket hears, apart from who is there."""
    while waiting := _before_replies.get(socket):
        if (heard := waiting.pop(0))["type"] not in PRESENCE:
            return heard
    while (heard := await socket.receive_json_from())["type"] in PRESENCE:
        pass
    return dict(heard)


async def hear_all(socket: PatientCommunicator, count: int) -> list[dict[str, Any]]:
    return [await hear(socket) for _ in range(count)]


async def hear_by_type(socket: PatientCommunicator, count: int) -> dict[str, Any]:
    """The next messages by their type: a reply and the event race each other."""
    return {heard["type"]: heard for heard in await hear_all(socket, count)}


async def hears_nothing(socket: PatientCommunicator) -> bool:
    while not await socket.receive_nothing(0.3):
        if (await socket.receive_json_from())["type"] not in PRESENCE:
            return False
    return True


async def ask(socket: PatientCommunicator, type: str, **fields: object) -> dict[str, Any]:
    """Give a command; the reply. What else is heard before it can be heard afterwards."""
    command_id = uuid.uuid4().hex
    await socket.send_json_to({"type": type, "id": command_id, **fields})
    while (heard := await socket.receive_json_from()).get("ref") != command_id:
        _before_replies.setdefault(socket, []).append(heard)
    return dict(heard)


async def send(socket: PatientCommunicator, body: str, **fields: object) -> dict[str, Any]:
    return await ask(socket, "message.send", client_id=str(uuid.uuid4()), body=body, **fields)


def joined(room: Room, seq: int, *, recovered: bool = True) -> dict[str, object]:
    return {"type": "room.joined", "seq": seq, "epoch": room.epoch, "recovered": recovered}
