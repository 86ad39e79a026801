"""Row 17: a slow query of one socket holds up nobody else's."""

import asyncio

import psycopg

from tests.live import LiveServer
from tests.postgres import PrivatePostgres

from .conftest import Join

SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


async def test_fifty_sockets_are_answered_while_the_query_of_another_takes_three_seconds(
    site_on_postgres: LiveServer, postgres: PrivatePostgres, join: Join
) -> None:
    slow = await join(site_on_postgres, "/test/ask/")
    others = [await join(site_on_postgres, "/test/ask/") for _ in range(50)]
    await slow.send(3)
    async with await psycopg.AsyncConnection.connect(postgres.url, autocommit=True) as connection:
        while await (await connection.execute(SLEEPING)).fetchone() != (1,):
            await asyncio.sleep(0.01)
    for client in others:
        await client.send(0)
    for client in others:
        await client.hears(0)
        assert slow.heard == []
    await slow.hears(3)
