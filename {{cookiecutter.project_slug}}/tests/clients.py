"""Clients of a live server: one that behaves, and one that need not."""

import asyncio
import json
import os
import socket
import struct
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from .live import HOST, LiveServer

PATIENCE = 30.0  # seconds, after which a test hangs for sure


class LiveClient:
    """Reads at once, proves it, and keeps what it has heard: `async with LiveClient(site, "/ws/")`.

    In `heard`, what streams of the multiplexer say is as they said it, without its envelope.
    """

    def __init__(self, server: LiveServer, path: str, cookie: str = "") -> None:
        self.cookie = cookie
        self.heard: list[Any] = []
        self._news = asyncio.Event()
        self._opening = connect(
            server.url(path, "ws"),
            origin=server.url(""),  # type: ignore[arg-type]
            additional_headers={"Cookie": cookie} if cookie else {},
            compression=None,
            ping_interval=None,
            max_size=None,
        )

    async def __aenter__(self) -> Self:
        self._connection = await self._opening
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
        await self._reading

    @property
    def closed(self) -> int | None:
        """The code with which the connection was closed, if it was."""
        return self._connection.close_code

    async def send(self, frame: object) -> None:
        await self._connection.send(json.dumps(frame))

    async def open(self, *streams: str) -> None:
        """Open streams of the multiplexer."""
        for name in streams:
            await self.send({"stream": name, "event": "open"})
        for name in streams:
            await self.hears({"stream": name, "event": "opened"})

    async def hears(self, frame: object) -> None:
        await self.until(lambda heard: frame in heard)

    async def until(self, condition: Callable[[list[Any]], bool]) -> None:
        """Wait until a condition holds for what was heard, all in all."""
        async with asyncio.timeout(PATIENCE):
            while not condition(self.heard):
                assert self.closed is None, f"closed with {self.closed}"
                self._news.clear()
                await self._news.wait()

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                await self._take(json.loads(text))
        except ConnectionClosed:
            pass
        self._news.set()

    async def _take(self, frame: Any) -> None:
        match frame:
            case {"event": "ping", "payload": number}:
                await self.send({"event": "pong", "payload": number})
            case {"type": "ping", "n": number}:
                await self.send({"type": "pong", "n": number})
            case {"stream": _, "payload": payload, **rest} if "event" not in rest:
                self.heard.append(payload)
            case _:
                self.heard.append(frame)
        self._news.set()


class RawSocket:
    """A socket of the system that has become a WebSocket. It reads only when it is told to."""

    def __init__(
        self,
        server: LiveServer,
        path: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        receive_buffer: int | None = None,
    ) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE)
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect((HOST, server.port))
        self._socket.sendall(_handshake(server, path, headers))
        answer = b""
        while b"\r\n\r\n" not in answer:  # byte by byte, as what comes after is a frame
            answer += self._socket.recv(1)
        assert b" 101 " in answer, answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, frame: object) -> None:
        self._socket.sendall(Frame(Opcode.TEXT, json.dumps(frame).encode()).serialize(mask=True))

    def read_until(self, text: bytes) -> bytes:
        """Read up to some text, wherever that is in the frames."""
        read = b""
        while text not in read:
            part = self._socket.recv(65536)
            assert part, "The server has closed the connection."
            read += part
        return read

    def poll(self) -> bool:
        import select
        p = select.poll(); p.register(self._socket, select.POLLIN|select.POLLHUP|select.POLLERR|select.POLLRDHUP)
        return p.poll(0)

    def reset(self) -> None:
        """Go without a word: the server gets a RST."""
        at_once = struct.pack("ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self._socket.close()


def _handshake(server: LiveServer, path: str, headers: Mapping[str, str]) -> bytes:
    all_headers = {
        "Host": f"{HOST}:{server.port}",
        "Origin": server.url(""),
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
        **headers,
    }
    lines = [f"{name}: {value}" for name, value in all_headers.items()]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "\r\n"]).encode()
