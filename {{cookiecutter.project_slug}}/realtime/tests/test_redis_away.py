"""How the layer over Redis outlives Redis."""

import asyncio
import logging
import signal
import time

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from realtime import subscriber
from realtime.consumer import SocketConsumer
from realtime.layers import PubSubLayer
from realtime.testing import PatientCommunicator
from realtime.types import Message

from .layers import said, until
from .redis import PrivateRedis


class Hearer(SocketConsumer):
    groups = ["room"]
    reconnects = 0

    async def said(self, message: Message) -> None:
        await self.send(text_data=str(message["number"]))

    async def layer_reconnected(self, message: Message) -> None:
        type(self).reconnects += 1


async def hearers(count: int) -> list[PatientCommunicator]:
    sockets = [PatientCommunicator(Hearer.as_asgi(), "/") for _ in range(count)]
    for socket in sockets:
        assert (await socket.connect())[0]
    return sockets


async def test_a_quiet_socket_hears_what_comes_after_many_pulses(
    redis_layer: PubSubLayer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # 15 s of quiet, at a pulse of 5 s, by the clock of one that is ten times as fast.
    monkeypatch.setattr(subscriber, "PULSE_SECONDS", 0.5)
    [socket] = await hearers(1)
    await asyncio.sleep(1.5)
    await redis_layer.group_send("room", said(1))
    assert await socket.receive_from() == "1"
    await socket.disconnect()
    assert not caplog.records


async def test_sockets_outlive_a_redis_that_is_killed(
    redis_layer: PubSubLayer, private_redis: PrivateRedis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    Hearer.reconnects = 0
    sockets = await hearers(50)
    private_redis.kill()
    await until(lambda: "Redis is away" in caplog.text)
    started = time.monotonic()
    with pytest.raises(RedisConnectionError):
        await redis_layer.group_send("room", said(1))
    late = await hearers(1)  # who comes meanwhile is not turned away
    assert time.monotonic() - started < 2
    await asyncio.sleep(2)
    assert len(caplog.records) == 1
    await asyncio.to_thread(private_redis.start)
    await until(lambda: Hearer.reconnects == 51, 15)
    assert [record.message[:8] for record in caplog.records] == ["Redis is", "Redis is"]
    await redis_layer.group_send("room", said(2))
    for socket in [*sockets, *late]:
        assert await socket.receive_from() == "2"
        await socket.disconnect()


async def test_a_redis_that_hangs_is_noticed_and_publishing_to_it_raises(
    redis_layer: PubSubLayer, private_redis: PrivateRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "PULSE_SECONDS", 0.3)
    heard: list[Message] = []
    reconnects: list[None] = []
    await redis_layer.listen("room", heard.append, lambda: reconnects.append(None))
    await redis_layer.group_send("room", said(1))
    private_redis.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        sends = [redis_layer.group_send("room", said(n)) for n in range(100)]
        results = await asyncio.gather(*sends, return_exceptions=True)
        assert all(isinstance(result, RedisConnectionError) for result in results)
        assert time.monotonic() - started < 2
        await asyncio.sleep(1)
    finally:
        private_redis.process.send_signal(signal.SIGCONT)
    await until(lambda: len(reconnects) == 1)
    await redis_layer.group_send("room", said(1000))
    await until(lambda: heard[-1] == said(1000))


async def test_a_flushed_redis_still_delivers(
    redis_layer: PubSubLayer, private_redis: PrivateRedis
) -> None:
    [socket] = await hearers(1)
    async with Redis.from_url(private_redis.url) as client:
        await client.flushall()
    await redis_layer.group_send("room", said(1))
    assert await socket.receive_from() == "1"
    await socket.disconnect()


async def test_a_refused_publish_fails_alone(private_redis: PrivateRedis) -> None:
    async with Redis.from_url(private_redis.url) as client:
        await client.acl_setuser(
            "limited", enabled=True, nopass=True, categories=["+@all"], channels=["asgi*room"]
        )
        layer = PubSubLayer(hosts=[f"redis://limited:x@127.0.0.1:{private_redis.port}"])
        results = await asyncio.gather(
            *(layer.group_send(group, said(1)) for group in ("room", "other", "room")),
            return_exceptions=True,
        )
        await client.acl_deluser("limited")
    assert [type(result).__name__ for result in results] == [
        "NoneType",
        "NoPermissionError",
        "NoneType",
    ]


async def test_who_posts_learns_that_redis_is_away(private_redis: PrivateRedis) -> None:
    layer = PubSubLayer(hosts=[private_redis.url])
    await layer.group_post("room", said(1))
    private_redis.kill()

    async def post_on() -> None:
        for number in range(2, 1000):  # the first of them may be lost without a word
            await layer.group_post("room", said(number))
            await asyncio.sleep(0.01)

    with pytest.raises(RedisConnectionError):
        await post_on()
    await asyncio.to_thread(private_redis.start)
    await layer.group_post("room", said(1000))
    await layer.flush()
