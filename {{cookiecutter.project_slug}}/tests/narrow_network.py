"""A network between a browser and the site that can be narrow, or away."""

import asyncio
from typing import Self
from urllib.parse import urlsplit

from .programs import free_port

HOST = "127.0.0.1"


class NarrowNetwork:
    """A proxy that cuts WebSockets: `async with NarrowNetwork(site_url) as network`.

    `websockets` lets them through. Nothing gets through between `go()` and `come_back()`.
    """

    def __init__(self, site_url: str) -> None:
        self.websockets = False
        self.cut = 0  # how many WebSockets
        self._target = urlsplit(site_url)
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}"
        self._under_way: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go()

    async def come_back(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self._port)

    async def go(self) -> None:
        self._server.close()
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            await self._carry(reader, writer)
        except* (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._under_way.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"upgrade: websocket" in head.lower() and not self.websockets:
            self.cut += 1
            return
        their_reader, their_writer = await asyncio.open_connection(
            self._target.hostname, self._target.port
        )
        their_writer.write(head)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_copy(reader, their_writer))
                ways.create_task(_copy(their_reader, writer))
        finally:
            their_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    raise ConnectionResetError  # one end has gone, so the other way ends too
