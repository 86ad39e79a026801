"""Clients of a live server: one that behaves, and one that need not."""

import asyncio
import contextlib
import json
import os
import select
import socket
import struct
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

from asgiref.sync import sync_to_async
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from accounts.models import User

from .live import HOST, LiveServer, cookie_of

PATIENCE = 30.0  # seconds, after which a test hangs for sure


class LiveClient:
    """Reads at once, proves it, and keeps what it has heard.

    `async with LiveClient(site, "/ws/", alice) as client`. In `heard`, what streams of the
    multiplexer say is as they said it, without its envelope.
    """

    def __init__(
        self, server: LiveServer, path: str, user: User | None = None, cookie: str = ""
    ) -> None:
        self.heard: list[Any] = []
        self.cookie = cookie
        self._server = server
        self._path = path
        self._user = user
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        if self._user is not None:
            self.cookie = await sync_to_async(cookie_of)(self._user)
        self._connection = await connect(
            self._server.url(self._path, "ws"),
            additional_headers={"Cookie": self.cookie, "Origin": self._server.url("")},
            compression=None,
            ping_interval=None,
            max_size=None,
        )
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
        await self.send_as_it_is(json.dumps(frame))

    async def send_as_it_is(self, data: str | bytes) -> None:
        await self._connection.send(data)

    async def open(self, *streams: str) -> None:
        """Open streams of the multiplexer."""
        for name in streams:
            await self.send({"stream": name, "event": "open"})
        for name in streams:
            await self.hears({"stream": name, "event": "opened"})

    async def hears(self, frame: object) -> None:
        await self.until(lambda heard: frame in heard)

    async def hears_so_many(self, count: int) -> None:
        await self.until(lambda heard: len(heard) >= count)

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
        wait: bool = True,
    ) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE)
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect((HOST, server.port))
        self._socket.sendall(_handshake(server, path, headers))
        if wait:
            self.wait_until_accepted()

    def wait_until_accepted(self) -> None:
        answer = b""
        while b"\r\n\r\n" not in answer:  # byte by byte, as what comes after is a frame
            answer += self._socket.recv(1)
        assert b" 101 " in answer, answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, frame: object) -> None:
        self._socket.sendall(encoded(frame))

    def read_until(self, text: bytes) -> bytes:
        """Read up to some text, wherever that is in the frames."""
        read = b""
        while text not in read:
            part = self._socket.recv(65536)
            assert part, "The server has closed the connection."
            read += part
        return read

    def exchange(self, data: bytes) -> bytes:
        """Send some frames, unless the server has closed; return what there is to read."""
        with contextlib.suppress(OSError):
            self._socket.sendall(data)
        readable, _, _ = select.select([self._socket], [], [], 0)
        return self._socket.recv(65536) if readable else b""

    def is_reset(self) -> bool:
        """The server has cut the connection, though there may be something left to read."""
        poll = select.poll()
        poll.register(self._socket, select.POLLHUP)
        return bool(poll.poll(0))

    def reset(self) -> None:
        """Go without a word: the server gets a RST."""
        at_once = struct.pack("ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self._socket.close()


def encoded(frame: object) -> bytes:
    """A frame as it is on the wire."""
    return Frame(Opcode.TEXT, json.dumps(frame).encode()).serialize(mask=True)


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
