import asyncio
from pathlib import Path

from channels.layers import channel_layers

from accounts.models import User
from conftest import Connect
from realtime.layers import PubSubLayer
from realtime.tests.redis import PrivateRedis


async def test_a_page_of_tasks_is_told_that_it_may_have_missed_something_while_redis_was_away(
    alice: User, connect: Connect, tmp_path: Path
) -> None:
    redis = PrivateRedis(tmp_path)
    try:
        channel_layers.set("default", PubSubLayer(hosts=[redis.url]))
        page = await connect("/ws/tasks/", alice)
        redis.kill()
        await asyncio.to_thread(redis.start)
        assert await page.receive_json_from() == {"type": "task.missed"}
    finally:
        redis.kill()
