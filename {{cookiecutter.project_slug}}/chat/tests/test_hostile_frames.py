"""Ten thousand generated frames crash no consumer, and nobody else in the room notices them."""

import json
import logging
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from accounts.models import User
from chat.models import Room
from conftest import Connect
from realtime.limits import Limits
from realtime.testing import PatientCommunicator

from .hostile import (
    BATCH,
    INBOX,
    ROOM,
    Batch,
    Frame,
    bare_frames,
    batches,
    enveloped_frames,
    opening,
)
from .sockets import hear, send

# Meanwhile psycopg's pool asks `random` for something, in a thread of its own.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the .random. module")

OWN, MULTIPLEXED = f"/ws/{ROOM}/", "/ws/"
NUMBERED = {"message.created", "message.changed", "room.changed"}

five_thousand_frames = settings(
    max_examples=5_000 // BATCH,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),  # they are large, and all go into one room
)


class Witness:
    """Somebody else in the room, who behaves."""

    def __init__(self, socket: PatientCommunicator) -> None:
        self._socket = socket
        self._seq = 0

    async def hears_everything(self) -> None:
        last = (await send(self._socket, "Still here"))["seq"]
        while self._seq < last:
            heard = await hear(self._socket)
            if heard["type"] in NUMBERED:
                assert heard["seq"] == self._seq + 1
                self._seq += 1


@pytest.fixture
async def witness(bob: User, room: Room, connect: Connect) -> Witness:
    return Witness(await connect(OWN, bob))


@pytest.fixture(autouse=True)
def frames_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or few of them would get as far as a consumer."""
    from config.limits import LIMITS, Site, SiteSocket

    for socket in (Site, SiteSocket):
        monkeypatch.setattr(socket, "limits", Limits(frame_bytes=LIMITS.frame_bytes))


async def give(socket: PatientCommunicator, frames: Sequence[Frame]) -> None:
    for frame in frames:
        kind = "text" if isinstance(frame, str) else "bytes"
        await socket.send_input({"type": "websocket.receive", kind: frame})


async def is_answered(socket: PatientCommunicator, multiplexed: bool) -> bool:
    """Whether a command gets its `ok`. Fails if the socket closes, or a consumer has crashed."""
    command = {"type": "people.find", "id": uuid4().hex, "query": "b"}
    if multiplexed:
        frames = [opening(ROOM), json.dumps({"stream": ROOM, "payload": command})]
    else:
        frames = [json.dumps(command)]
    await give(socket, frames)
    while True:
        heard = await socket.receive_json_from()
        answer: Any = heard.get("payload", heard)
        if isinstance(answer, dict):
            assert answer.get("code") not in ("server_error", 1011), heard
            if answer.get("ref") == command["id"]:
                return answer.get("type") == "ok"


@five_thousand_frames
@given(frames=batches(bare_frames))
async def test_hostile_frames_crash_no_consumer_of_an_own_socket(
    alice: User,
    witness: Witness,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    frames: Batch,
) -> None:
    caplog.clear()
    socket = await connect(OWN, alice)
    await give(socket, frames)
    assert await is_answered(socket, multiplexed=False)
    await socket.disconnect()
    await witness.hears_everything()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@five_thousand_frames
@given(frames=batches(enveloped_frames))
async def test_hostile_frames_crash_no_stream_of_the_one_socket(
    alice: User,
    witness: Witness,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    frames: Batch,
) -> None:
    caplog.clear()
    socket = await connect(MULTIPLEXED, alice)
    await give(socket, [opening(ROOM), opening(INBOX), *frames])
    while not await is_answered(socket, multiplexed=True):
        pass  # as the stream is still closing, if the frames say so
    await socket.disconnect()
    await witness.hears_everything()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
