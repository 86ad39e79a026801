"""Rows 2 and 3: Redis goes and comes back, or forgets everything, and nobody misses a message."""

import asyncio
from collections import Counter

from redis import Redis

from accounts.models import User
from chat.models import Room
from realtime.tests.layers import until
from realtime.tests.redis import PrivateRedis
from tests.live import LiveServer

from .chat import bodies, joined, say
from .conftest import Join


async def test_fifty_sockets_outlive_a_redis_that_is_killed_and_miss_nothing(
    site: LiveServer, redis: PrivateRedis, join: Join, alice: User, bob: User, room: Room
) -> None:
    own = [await join(site, "/ws/chat/general/", alice) for _ in range(25)]
    multiplexed = [await join(site, "/ws/", bob) for _ in range(25)]
    for client in multiplexed:
        await client.open("chat/general")
    for client in [*own, *multiplexed]:
        await joined(client)
    meanwhile = [f"said without Redis, {number}" for number in range(3)]
    logged = len(site.log)
    redis.kill()
    try:
        for body in meanwhile:
            await say(own[0], body)
            await asyncio.sleep(1)
        for client in [*own, *multiplexed]:
            await client.until(lambda heard: bodies(heard) == meanwhile)
    finally:
        await asyncio.to_thread(redis.start)
    await until(lambda: "Redis is back" in site.log[logged:])
    await say(own[0], "said with Redis")
    for client in [*own, *multiplexed]:
        await client.until(lambda heard: bodies(heard) == [*meanwhile, "said with Redis"])
        assert client.closed is None
    log = site.log[logged:]
    assert log.count("Redis is away") == log.count("Redis is back") == 1


async def test_a_message_a_second_arrives_although_redis_forgets_everything(
    site: LiveServer, redis: PrivateRedis, join: Join, alice: User, room: Room
) -> None:
    clients = [await join(site, "/ws/chat/general/", alice) for _ in range(5)]
    for client in clients:
        await joined(client)
    said = [f"second {number}" for number in range(8)]
    for body in said:
        if body == said[4]:
            with Redis.from_url(redis.url) as forgetful:
                forgetful.flushall()
        await say(clients[0], body)
        await asyncio.sleep(1)
    for client in clients:
        await client.until(lambda heard: len(bodies(heard)) >= len(said))
        assert Counter(bodies(client.heard)) == Counter(said)
