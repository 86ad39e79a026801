"""Many consumers over one WebSocket. README.md in this folder has the protocol."""

import asyncio
import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec
from channels.routing import URLRouter
from django.urls import URLPattern
from django.utils.translation import gettext as _

from . import close_codes
from .connection import Connection
from .envelope import (
    BadFrameError,
    Frame,
    Pong,
    decode_frame,
    encode_event,
    encode_payload,
    encode_ping,
    encode_pong,
    encode_refusal,
)
from .errors import RefusedError
from .resolve import resolve
from .stream import Stream
from .stream_scope import StreamScope
from .types import Application, Message, Receive, Scope, Send


class Multiplexer(Connection):
    """An ASGI application for one socket that carries a stream for each consumer.

    `applications` (a dict on the class, or keywords of `as_asgi()`) open with the socket, as in
    channelsmultiplexer: it is accepted when the first of them accepts, and closed when the last
    is gone, with the last one's code. Routes, mounted by `over()`, open when the client asks;
    such a socket is accepted at once and lives without streams.
    """

    applications: ClassVar[Mapping[str, Application]] = {}
    max_streams: ClassVar[int | None] = None
    pong = msgspec.json.Decoder(Pong)

    def __init__(
        self,
        applications: Mapping[str, Application],
        routes: Sequence[URLPattern] = (),
        prefix: str = "",
    ) -> None:
        self._applications = applications
        self._routes = routes
        self._prefix = prefix
        self._streams: dict[str, Stream] = {}
        self._accepted = False
        self._unsaid: list[str] = []  # what waits for the socket to be accepted

    @classmethod
    def as_asgi(cls, **applications: Application) -> Application:
        """An ASGI application; the keywords name streams beside those of the class."""
        return cls._application({**cls.applications, **applications})

    @classmethod
    def over(cls, routes: Sequence[URLPattern], prefix: str = "") -> Application:
        """Mount WebSocket routes: stream `chat/x` is the path `<prefix>chat/x/` among them."""
        return cls._application(cls.applications, URLRouter(routes).routes, prefix)

    @classmethod
    def _application(cls, *args: Any) -> Application:
        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await cls(*args)(scope, receive, send)

        return functools.update_wrapper(application, cls, updated=())

    async def _connect(self) -> None:
        if self._routes:
            await self._accept({"type": "websocket.accept"})
        for name, application in self._applications.items():
            self._open(name, application, {})
        if not self._routes and not self._applications:
            await self._close(close_codes.NOT_FOUND)

    async def _disconnect(self, code: int) -> None:
        streams = list(self._streams.values())
        await asyncio.gather(*(stream.end(code) for stream in streams))

    # What the client says

    async def _receive(self, message: Message) -> None:
        text = message.get("text")
        try:
            if text is None:
                raise BadFrameError("bad_frame", "Frames are JSON text; see `encoding` for bytes.")
            frame = decode_frame(text)
            match frame.event:
                case "open":
                    self._open_for_client(frame)
                case "close":
                    self._stream(frame.stream).disconnect()
                case "ping":
                    await self._tell(encode_pong(frame.payload))
                case None:
                    await self._deliver(frame)
        except BadFrameError as error:
            await self._refuse(text or b"", error)

    def _error(self, frame: str | bytes, error: RefusedError) -> str:
        return encode_refusal(frame, error)

    def _ping(self, number: int) -> str:
        return encode_ping(number)

    def _open_for_client(self, frame: Frame) -> None:
        name = frame.stream
        child = self._child(name)
        if child is None:
            raise BadFrameError("unknown_stream", f"There is no stream {name!r}.")
        if name in self._streams:
            if self._streams[name].closing:
                raise BadFrameError("busy", f"Stream {name!r} is still closing.", 1)
            raise BadFrameError("already_open", f"Stream {name!r} is open already.")
        if self.max_streams is not None and len(self._streams) >= self.max_streams:
            raise BadFrameError(
                "too_many_streams", f"A socket carries {self.max_streams} streams at most."
            )
        application, own_scope = child
        query = urlencode(frame.query()).encode()
        self._open(name, application, {**own_scope, "query_string": query})

    async def _deliver(self, frame: Frame) -> None:
        stream = self._stream(frame.stream)
        message = frame.message()
        if not await stream.inbox.has_room(self.max_waiting):
            raise BadFrameError("busy", _("Too much is waiting."), 1)
        stream.inbox.put_frame(message)

    def _stream(self, name: str) -> Stream:
        stream = self._streams.get(name)
        if stream is not None and not stream.closing:
            return stream
        if self._child(name) is None:
            raise BadFrameError("unknown_stream", f"There is no stream {name!r}.")
        raise BadFrameError("not_open", f"Stream {name!r} is not open.")

    # Streams

    def _child(self, name: str) -> tuple[Application, Scope] | None:
        """The application behind a stream's name, and what its scope adds to the socket's."""
        if name in self._applications:
            return self._applications[name], {}
        path = f"{self._prefix}{name}/"
        found = resolve(self._routes, path)
        if found is None:
            return None
        application, rest, args, kwargs = found
        own_scope = {
            "path": f"/{path}",
            "raw_path": f"/{path}".encode(),
            "url_route": {"args": args, "kwargs": kwargs},
        }
        return application, own_scope | ({"path_remaining": rest} if rest else {})

    def _open(self, name: str, application: Application, own_scope: Scope) -> None:
        scope = StreamScope(self._scope, {**own_scope, "demultiplexer_cls": type(self)})
        self._streams[name] = Stream(
            name,
            application=application,
            scope=scope,
            on_accept=self._on_stream_accept,
            on_send=self._on_stream_send,
            on_end=self._on_stream_end,
            close_timeout=self.application_close_timeout,
        )

    async def _on_stream_accept(self, stream: Stream, message: Message) -> None:
        await self._accept(message)
        await self._tell(encode_event(stream.name, "opened"))

    def _framed(self, stream: Stream, message: Message) -> Message:
        text, data = message.get("text"), message.get("bytes")
        return {
            "type": "websocket.send",
            "text": encode_payload(stream.name, text=text, data=data),
        }

    async def _on_stream_end(self, stream: Stream) -> None:
        del self._streams[stream.name]
        payload = {"code": stream.code, "reason": stream.reason}
        closed = encode_event(stream.name, "closed", payload)
        if self._accepted:
            await self._tell(closed)
        else:
            self._unsaid.append(closed)
        if not self._routes and self._is_over():
            await self._close(stream.code)

    def _is_over(self) -> bool:
        """Whether all have refused, or none is left of those that accepted."""
        if not self._accepted:
            return not self._streams
        return not any(stream.accepted for stream in self._streams.values())

    async def _accept(self, message: Message) -> None:
        if self._accepted:
            return
        self._accepted = True
        await self._send(message)
        for text in self._unsaid:
            await self._tell(text)
