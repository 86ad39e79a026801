"""Rows 12 and 13: a client that does not read is closed, costs no memory, and harms nobody."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from realtime.layers import PubSubLayer
from realtime.tests.layers import until
from tests.clients import RawSocket
from tests.live import LiveServer

from .conftest import Join, said, until_inside

ROUNDS, CHUNK, SIZE = 30, 100, 16 * 1024  # 48 MiB for each client
MAY_GROW = 16 * 1024 * 1024
MULTIPLEXED, OWN = "/test/", "/test/hear/news/"


class Deaf(RawSocket):
    """A client that reads no more, once it listens to the news."""

    def __init__(self, server: LiveServer, path: str) -> None:
        super().__init__(server, path, receive_buffer=4096)
        if path == MULTIPLEXED:
            self.send({"stream": "hear/news", "event": "open"})
            self.read_until(b"opened")

    def talk(self, number: int) -> None:
        """Say something, and guess what the server has asked."""
        with contextlib.suppress(OSError):  # the server has closed
            self.send({"stream": "hear/news", "payload": number})
            self.send({"event": "pong", "payload": number, "type": "pong", "n": number})


@pytest.fixture
def deaf(server: LiveServer) -> Iterator[list[Deaf]]:
    with contextlib.ExitStack() as stack:
        paths = [MULTIPLEXED, OWN, MULTIPLEXED, OWN]
        yield [stack.enter_context(Deaf(server, path)) for path in paths]


async def test_clients_that_never_read_are_closed_and_the_others_hear_everything(
    server: LiveServer, layer: PubSubLayer, deaf: list[Deaf], join: Join
) -> None:
    readers = [await join(server, "/test/") for _ in range(2)]
    for reader in readers:
        await reader.open("hear/news")
        reader.heard.clear()
    sizes = []
    for round_ in range(ROUNDS):
        numbers = range(round_ * CHUNK, (round_ + 1) * CHUNK)
        await asyncio.gather(*(layer.group_send("news", said(n, SIZE)) for n in numbers))
        for reader in readers:
            await reader.hears_so_many(numbers.stop)
        sizes.append(server.memory)
        for client in deaf[:2]:
            client.talk(round_)
    assert max(sizes) - sizes[0] < MAY_GROW
    await until_inside(server, connections=len(readers), listeners=len(readers))
    for reader in readers:
        assert [number for number, _ in reader.heard] == list(range(ROUNDS * CHUNK))
    if server.kind == "daphne":  # uvicorn leaves it to the system to get rid of what was written
        await until(lambda: all(client.is_reset() for client in deaf))
