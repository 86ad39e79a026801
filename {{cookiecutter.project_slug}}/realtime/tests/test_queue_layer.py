"""What the layer for work promises beyond Channels' own."""

import pytest
from redis.asyncio import Redis

from realtime.queue_layer import QueueLayer
from realtime.types import Message

from .layers import said
from .redis import PrivateRedis

WAKE: Message = {"type": "wake", "once": True}


@pytest.fixture
def queue(private_redis: PrivateRedis) -> QueueLayer:
    return QueueLayer(hosts=[private_redis.url])


async def test_a_wake_up_waits_once_however_often_it_is_sent(queue: QueueLayer) -> None:
    for _ in range(3):
        await queue.send("once", WAKE)
    await queue.send("once", said(1))
    assert await queue.receive("once") == WAKE
    assert await queue.receive("once") == said(1)


async def test_a_wake_up_that_was_taken_can_be_sent_again(queue: QueueLayer) -> None:
    for _ in range(3):
        await queue.send("again", WAKE)
        assert await queue.receive("again") == WAKE


async def test_messages_that_are_equal_all_arrive(queue: QueueLayer) -> None:
    for _ in range(3):
        await queue.send("equal", said(1))
    assert [await queue.receive("equal") for _ in range(3)] == [said(1)] * 3


async def test_a_connection_that_redis_has_closed_costs_no_message(
    queue: QueueLayer, private_redis: PrivateRedis
) -> None:
    await queue.send("closed", said(1))
    async with Redis.from_url(private_redis.url) as redis:
        await redis.client_kill_filter(_type="normal", skipme=True)
    await queue.send("closed", said(2))
    assert [await queue.receive("closed") for _ in range(2)] == [said(1), said(2)]
