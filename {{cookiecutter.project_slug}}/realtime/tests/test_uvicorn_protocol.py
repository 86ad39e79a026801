"""Frames that are sent together are written together; who does not read is cut."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from websockets.asyncio.client import connect

from realtime import uvicorn_protocol
from realtime.types import Receive, Scope, Send
from realtime.uvicorn_protocol import KEPT_BYTES, Cork, CorkedProtocol

FRAME = "x" * 100_000


class Counting:
    """A real transport whose writes are counted."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.writes = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.transport.write(data)


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Counting, asyncio.StreamReader]]:
    """A transport, and the end at which its bytes arrive."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    yield Counting(transport), reader
    transport.close()
    writer.close()


async def test_what_is_sent_in_one_turn_is_one_write(
    ends: tuple[Counting, asyncio.StreamReader],
) -> None:
    transport, reader = ends
    cork = Cork(transport)  # type: ignore[arg-type]
    for number in range(5):
        cork.write(b"%d" % number)
    assert await reader.readexactly(5) == b"01234"
    assert transport.writes == 1
    cork.write(b"next")
    assert await reader.readexactly(4) == b"next"
    assert transport.writes == 2


async def test_a_sender_that_never_pauses_fills_no_memory(
    ends: tuple[Counting, asyncio.StreamReader],
) -> None:
    transport, reader = ends
    cork = Cork(transport)  # type: ignore[arg-type]
    cork.write(b"x" * (KEPT_BYTES - 1))
    assert transport.writes == 0
    cork.write(b"x")
    assert transport.writes == 1
    assert len(await reader.readexactly(KEPT_BYTES)) == KEPT_BYTES


async def test_what_was_sent_before_the_end_arrives(
    ends: tuple[Counting, asyncio.StreamReader],
) -> None:
    transport, reader = ends
    cork = Cork(transport)  # type: ignore[arg-type]
    cork.write(b"goodbye")
    cork.close()
    assert await reader.read() == b"goodbye"


async def test_what_is_sent_after_the_end_is_dropped(
    ends: tuple[Counting, asyncio.StreamReader],
) -> None:
    transport, reader = ends
    cork = Cork(transport)  # type: ignore[arg-type]
    cork.close()
    cork.write(b"too late")
    assert await reader.read() == b""
    assert transport.writes == 0


class Talker:
    """An application that sends without end. `cut` is set when it no longer can."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "text": FRAME})
        except OSError:  # uvicorn's ClientDisconnected
            self.cut.set()


@asynccontextmanager
async def serving(talker: Talker) -> AsyncIterator[str]:
    config = uvicorn.Config(talker, ws=CorkedProtocol, lifespan="off", log_level="critical")
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listener]))
    yield "ws://{}:{}/".format(*listener.getsockname())
    server.should_exit = True
    await running


async def test_a_client_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_protocol, "PATIENCE_SECONDS", 0.2)
    talker = Talker()
    async with serving(talker) as url, connect(url, compression=None, max_queue=1) as client:
        assert await client.recv() == FRAME
        async with asyncio.timeout(20):
            await talker.cut.wait()


async def test_a_client_that_leaves_before_it_is_cut_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(uvicorn_protocol, "PATIENCE_SECONDS", 1.0)
    talker = Talker()
    async with serving(talker) as url, connect(url, compression=None, max_queue=1) as client:
        assert await client.recv() == FRAME
        await asyncio.sleep(0.5)  # until nothing more can be sent
        client.transport.abort()
        async with asyncio.timeout(20):
            await talker.cut.wait()
        await asyncio.sleep(1)
    assert not caplog.records
