import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers

from accounts.models import User
from chat import services
from chat.models import Room
from conftest import Connect
from realtime.layers import PubSubLayer
from realtime.tests.redis import PrivateRedis

from .http import request, say
from .sockets import hear


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[PrivateRedis]:
    redis = PrivateRedis(tmp_path)
    channel_layers.set("default", PubSubLayer(hosts=[redis.url]))
    yield redis
    redis.kill()


async def test_what_is_written_while_redis_is_away_arrives_once_it_is_back(
    alice: User, room: Room, connect: Connect, redis: PrivateRedis
) -> None:
    socket = await connect(f"/ws/chat/{room.slug}/", alice)
    assert (await hear(socket))["type"] == "room.joined"
    redis.kill()
    await socket.send_json_to(
        {"type": "message.send", "id": "1", "client_id": str(uuid4()), "body": "written anyway"}
    )
    assert (await hear(socket))["type"] == "ok"
    await sync_to_async(services.message_send)(author=alice, room=room, body="this, too")
    await asyncio.to_thread(redis.start)
    bodies: list[str] = []
    while len(bodies) < 2:
        heard = await hear(socket)
        bodies += [heard["body"]] if heard["type"] == "message.created" else []
    assert bodies == ["written anyway", "this, too"]


async def test_a_stream_of_events_goes_on_with_what_was_written_while_redis_was_away(
    alice: User, room: Room, redis: PrivateRedis
) -> None:
    stream = await request(f"/rooms/{room.slug}/events/", alice)
    await stream.open()
    while "room.joined" not in await stream.read():
        pass
    redis.kill()
    await say(alice, room, "written anyway")
    await asyncio.to_thread(redis.start)
    while '"body":"written anyway"' not in await stream.read():
        pass
    await stream.leave()
