"""The multiplexer as server-sent events, for clients whose network lets no WebSocket through.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import re
from typing import ClassVar
from urllib.parse import parse_qs

import msgspec

from .envelope import NO_PARAMS, encode_open
from .http import HttpConsumer, HttpError
from .limits import Limits
from .local_socket import LocalSocket
from .types import Application

HEADERS = [
    (b"Content-Type", b"text/event-stream"),
    (b"Cache-Control", b"no-cache, no-transform"),  # nor should a proxy compress it
    (b"X-Accel-Buffering", b"no"),  # nginx
]
ALIVE = '{"event":"pong"}'  # without being asked, which nobody could do here


class Opening(msgspec.Struct):
    """What an `open` frame says; nothing else is taken, since a GET must not change anything."""

    stream: str
    params: msgspec.Raw = NO_PARAMS


class EventStream(HttpConsumer):
    """Opens the streams of `?open=[{"stream": ..., "params": ...}]`; each frame is an event.

    After so many bytes the response ends: the next request proves that they were read.
    """

    heartbeat_seconds: ClassVar[float] = 15.0
    response_bytes: ClassVar[int] = 1024 * 1024

    def __init__(self, application: Application, limits: Limits | None = None) -> None:
        super().__init__(limits)
        self._application = application

    async def handle(self, body: bytes) -> None:
        if self.scope["method"] != "GET":
            raise HttpError(405, "Only GET.", (b"Allow", b"GET"))
        frames = _openings(self.scope["query_string"])
        async with LocalSocket(self._application, self.scope, self.response_bytes) as socket:
            for frame in frames:
                socket.send(frame)
            await self.send_headers(headers=HEADERS)
            text: str | None = ALIVE
            while text is not None:
                await self.send_body(_event(text), more_body=True)
                text = await self._next(socket)
        await self.send_body(b"")

    async def _next(self, socket: LocalSocket) -> str | None:
        try:
            async with asyncio.timeout(self.heartbeat_seconds):
                return await socket.read()
        except TimeoutError:
            return ALIVE


def _openings(query_string: bytes) -> list[str]:
    """The frames of `?open=`, of which there may be none."""
    try:
        [text] = parse_qs(query_string.decode()).get("open", ["[]"])
        openings = msgspec.json.decode(text, type=list[Opening])
    except (ValueError, RecursionError):
        reason = '`open` is a JSON array such as [{"stream": "tasks", "params": {}}].'
        raise HttpError(400, reason) from None
    return [encode_open(opening.stream, opening.params) for opening in openings]


def _event(text: str) -> bytes:
    lines = re.split(r"\r\n|\r|\n", text)  # JSON may have some between its values
    return ("".join(f"data: {line}\n" for line in lines) + "\n").encode()
