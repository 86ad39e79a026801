"""Somebody with a session and a connection: a stream, a socket, or an HTTP response."""

import asyncio
from typing import Any, Literal

from realtime.auth import AuthMiddlewareStack
from realtime.http import HttpConsumer
from realtime.multiplexer import Multiplexer
from realtime.own_socket import OwnSocket
from realtime.session_check import SIGNED_OUT
from realtime.testing import PatientCommunicator

from .consumers import EchoText
from .http import HttpClient

type Kind = Literal["stream", "socket", "http"]


class Endless(HttpConsumer):
    """An HTTP response that goes on, or, asked for /slow/, one that does not begin."""

    async def handle(self, body: bytes) -> None:
        if self.scope["path"] != "/slow/":
            await self.send_headers(status=200)
            await self.send_body(b"hello", more_body=True)
        await asyncio.Event().wait()


endless = AuthMiddlewareStack(Endless.as_asgi())


class Visitor:
    """Somebody with a connection of one of three kinds."""

    def __init__(self, kind: Kind, cookie: str, path: str = "/") -> None:
        headers = [(b"cookie", f"sessionid={cookie}".encode())]
        self.connection: Any  # the communicator
        if kind == "http":
            self.connection = HttpClient(endless, "GET", path, headers=headers)
        else:
            echo = EchoText.as_asgi()
            on_stream = kind == "stream"
            site = Multiplexer.as_asgi(it=echo) if on_stream else OwnSocket.around(echo)
            self.connection = PatientCommunicator(AuthMiddlewareStack(site), "/", headers)
        self.kind = kind

    async def come(self) -> None:
        if self.kind == "http":
            await self.connection.open()
            await self.connection.read()
        else:
            assert (await self.connection.connect())[0]
        if self.kind == "stream":
            await self.connection.receive_output()  # "opened"

    async def is_ended(self) -> bool:
        """Wait until it is, and say whether as it should be."""
        message = await self.connection.receive_output()
        if self.kind == "http":
            return bool(message == {"type": "http.response.body", "body": b"", "more_body": False})
        code, reason = SIGNED_OUT
        return bool(message == {"type": "websocket.close", "code": code, "reason": reason})

    async def is_well(self) -> bool:
        if self.kind == "http":
            return not self.connection.future.done()
        frame = '{"stream":"it","payload":1}' if self.kind == "stream" else "1"
        await self.connection.send_to(text_data=frame)
        return bool(await self.connection.receive_from() == frame)

    async def leave(self) -> None:
        if self.connection.future.done():
            return
        await (self.connection.leave() if self.kind == "http" else self.connection.disconnect())
