"""Rows 19 and 21: of clients that went without a word, nothing is left."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from realtime.layers import PubSubLayer
from tests.clients import RawSocket
from tests.live import LiveServer

from .conftest import Join, inside, said, until_inside

VISITS, AT_ONCE = 1000, 4
GROUPS = ("one", "two", "plain")
STREAMS = ("hear/one", "hear/two", "plain")
MAY_GROW = 8 * 1024 * 1024  # in the second half: 16 KiB a socket
MESSAGES = 500


@asynccontextmanager
async def traffic(layer: PubSubLayer) -> AsyncIterator[None]:
    """Publish to all groups without a pause."""

    async def publish() -> None:
        while True:
            await asyncio.gather(*(layer.group_send(group, said(1, 500)) for group in GROUPS))

    publishing = asyncio.create_task(publish())
    yield
    publishing.cancel()
    await asyncio.wait([publishing])


def visit(server: LiveServer, times: int) -> None:
    for _ in range(times):
        with RawSocket(server, "/test/") as socket:
            for name in STREAMS:
                socket.send({"stream": name, "event": "open"})
            socket.read_until(b"opened")
            socket.reset()


async def test_nothing_is_left_of_a_thousand_sockets_that_were_reset_under_traffic(
    server: LiveServer, layer: PubSubLayer
) -> None:
    await asyncio.to_thread(visit, server, 10)
    await until_inside(server, connections=0)
    base = await inside(server)
    base["objects"] += VISITS // 2  # not even one of Python's objects for each socket
    sizes = []
    for _ in range(4):
        async with traffic(layer):
            times = VISITS // 4 // AT_ONCE
            await asyncio.gather(*(asyncio.to_thread(visit, server, times) for _ in range(AT_ONCE)))
        await until_inside(server, **base)
        sizes.append(server.memory)
    assert sizes[3] - sizes[1] < MAY_GROW


@pytest.fixture
def crowd(server: LiveServer) -> Iterator[list[RawSocket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(RawSocket(server, path))
            for path in ("/test/", "/test/hear/one/") * 50
        ]


async def test_who_is_reset_in_the_middle_of_a_fan_out_keeps_nothing_from_the_others(
    server: LiveServer, layer: PubSubLayer, crowd: list[RawSocket], join: Join
) -> None:
    for socket in crowd[::2]:
        socket.send({"stream": "hear/one", "event": "open"})
    others = [await join(server, "/test/hear/one/") for _ in range(10)]
    await until_inside(server, listeners=len(crowd) + len(others))
    sends = [asyncio.ensure_future(layer.group_send("one", said(n, 500))) for n in range(MESSAGES)]
    await others[0].hears_so_many(1)
    for socket in crowd:
        socket.reset()
    await asyncio.gather(*sends)
    for client in others:
        await client.hears_so_many(MESSAGES)
        assert [number for number, _ in client.heard] == list(range(MESSAGES))
    left = len(others)
    await until_inside(server, connections=left, streams=left, consumers=left, listeners=left)
