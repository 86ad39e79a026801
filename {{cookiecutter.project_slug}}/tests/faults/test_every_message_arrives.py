"""Rows 4 and 5: neither a process that stalls nor a wrong clock keeps a message from anybody."""

import asyncio
import subprocess
import sys

from accounts.models import User
from chat.models import Room
from realtime.layers import PubSubLayer
from realtime.tests.redis import PrivateRedis
from tests.live import SITE, LiveServer, environment, paused

from .chat import joined, numbers
from .conftest import Join, said

STALL_SECONDS = 2


async def test_a_process_that_stalls_delivers_all_that_was_published_meanwhile(
    server: LiveServer, layer: PubSubLayer, join: Join
) -> None:
    groups = [f"group-{number}" for number in range(10)]
    clients = [await join(server, "/test/") for _ in range(10)]
    for client in clients:
        await client.open(*(f"hear/{group}" for group in groups))
        client.heard.clear()
    with paused(server.process.pid):
        sends = [layer.group_send(groups[n % 10], said(n)) for n in range(1000)]
        await asyncio.gather(*sends, asyncio.sleep(STALL_SECONDS))
    for client in clients:
        await client.hears_so_many(1000)
        for number in range(10):
            assert [n for n in client.heard if n % 10 == number] == list(range(number, 1000, 10))


WRITER = """
import sys, time
ahead, count, right_time = float(sys.argv[1]), int(sys.argv[2]), time.time
time.time = lambda: right_time() + ahead

import django
django.setup()
from accounts.models import User
from chat.models import Room
from chat.services import message_send

author, room = User.objects.get(), Room.objects.get()
for number in range(count):
    message_send(author=author, room=room, body=f"said {ahead} s ahead")
"""


async def write(clock_ahead: float, redis: PrivateRedis, count: int = 20) -> None:
    env = environment(DJANGO_SETTINGS_MODULE="config.settings", REDIS_URL=redis.url)
    command = [sys.executable, "-c", WRITER, str(clock_ahead), str(count)]
    await asyncio.to_thread(subprocess.run, command, cwd=SITE, env=env, check=True, timeout=60)


async def test_a_process_that_stalls_tells_all_that_was_written_meanwhile_in_order(
    site: LiveServer, redis: PrivateRedis, join: Join, alice: User, room: Room
) -> None:
    clients = [await join(site, "/ws/chat/general/", alice) for _ in range(5)]
    for client in clients:
        await joined(client)
    with paused(site.process.pid):
        await asyncio.gather(*(write(0, redis, count=150) for _ in range(2)))
    for client in clients:
        await client.until(lambda heard: len(numbers(heard)) >= 300)
        assert numbers(client.heard) == list(range(1, 301))


async def test_whatever_the_clocks_say_each_message_arrives_once_and_in_order(
    site: LiveServer, redis: PrivateRedis, join: Join, alice: User, room: Room
) -> None:
    clients = [await join(site, "/ws/chat/general/", alice) for _ in range(5)]
    for client in clients:
        await joined(client)
    await asyncio.gather(*(write(clock_ahead, redis) for clock_ahead in (70, 0, -2)))
    for client in clients:
        await client.until(lambda heard: len(numbers(heard)) >= 60)
        assert numbers(client.heard) == list(range(1, 61))
