"""Generated frames harm nobody, also where a real server reads them and all limits are on."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from accounts.models import User
from chat.models import Room
from chat.tests.hostile import (
    INBOX,
    ROOM,
    Batch,
    bare_frames,
    batches,
    enveloped_frames,
)
from tests.clients import LiveClient
from tests.live import LiveServer

from .chat import bodies, joined, say
from .conftest import Join

# Meanwhile psycopg's pool asks `random` for something, in a thread of its own.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the .random. module")

OWN, MULTIPLEXED = f"/ws/{ROOM}/", "/ws/"


async def answer_to(client: LiveClient, command: dict[str, Any], *, multiplexed: bool) -> Any:
    if multiplexed:
        await client.send({"stream": ROOM, "event": "open"})
        await client.send({"stream": ROOM, "payload": command})
    else:
        await client.send(command)

    def answers() -> list[Any]:
        said = [frame.get("payload", frame) for frame in client.heard]
        return [one for one in said if isinstance(one, dict) and one.get("ref") == command["id"]]

    await client.until(lambda _: bool(answers()))
    return answers()[0]


async def is_answered(client: LiveClient, *, multiplexed: bool) -> bool:
    command = {"type": "people.find", "id": uuid4().hex, "query": ""}
    answer = await answer_to(client, command, multiplexed=multiplexed)
    return bool(answer.get("type") == "ok")


@settings(max_examples=10, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(bare=batches(bare_frames), enveloped=batches(enveloped_frames))
async def test_hostile_frames_close_no_socket_and_nobody_else_misses_a_message(
    server: LiveServer,
    join: Join,
    alice: User,
    bob: User,
    room: Room,
    bare: Batch,
    enveloped: Batch,
) -> None:
    logged = len(server.log)
    other = await join(server, OWN, bob)
    await joined(other)
    own, multiplexed = await join(server, OWN, alice), await join(server, MULTIPLEXED, alice)
    await multiplexed.open(ROOM, INBOX)
    for client, frames in ((own, bare), (multiplexed, enveloped)):
        for frame in frames:
            await client.send_as_it_is(frame)
    assert await is_answered(own, multiplexed=False)
    while not await is_answered(multiplexed, multiplexed=True):
        pass  # as the stream is still closing, if the frames say so
    body = f"Still here, {uuid4()}"
    await say(other, body)
    await other.until(lambda heard: body in bodies(heard))
    assert "Traceback" not in server.log[logged:]
