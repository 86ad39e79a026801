"""Many consumers over one WebSocket. README.md in this folder has the protocol."""

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from channels.routing import URLRouter
from django.urls import URLPattern

from . import close_codes
from .envelope import BadFrameError, Frame, decode_frame, encode_event, encode_payload
from .stream import Stream
from .types import Application, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)


class Multiplexer:
    """An ASGI application for one socket that carries a stream for each consumer.

    `applications` (a dict on the class, or keywords of `as_asgi()`) open with the socket, as in
    channelsmultiplexer: it is accepted when the first of them accepts, and closed when the last
    is gone, with the last one's code. Routes, mounted by `over()`, open when the client asks;
    such a socket is accepted at once and lives without streams.
    """

    applications: ClassVar[Mapping[str, Application]] = {}
    application_close_timeout: ClassVar[float] = 5.0  # seconds a consumer has to disconnect
    max_waiting: ClassVar[int] = 64  # frames in a stream's inbox before it answers "busy"
    max_streams: ClassVar[int] = 100

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
        self._gone = False

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._send_to_server = send
        code = close_codes.CRASHED
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.connect":
                    await self._connect()
                else:
                    await self._receive(message.get("text"))
            code = message.get("code", close_codes.NORMAL)
        finally:
            await self._disconnect(code)

    async def _connect(self) -> None:
        if self._routes:
            await self._accept({"type": "websocket.accept"})
        for name, application in self._applications.items():
            self._open(name, application, {})
        if not self._routes and not self._applications:
            await self._send({"type": "websocket.close", "code": close_codes.NOT_FOUND})

    async def _disconnect(self, code: int) -> None:
        self._gone = True
        tasks = [stream.task for stream in self._streams.values()]
        for stream in self._streams.values():
            stream.disconnect(code)
        if tasks:
            await asyncio.wait(tasks, timeout=self.application_close_timeout + 1)
        for task in tasks:
            task.cancel()

    # What the client says

    async def _receive(self, text: str | None) -> None:
        try:
            if text is None:
                raise BadFrameError("bad_frame", "Frames are JSON text; see `encoding` for bytes.")
            frame = decode_frame(text)
            match frame.event:
                case "open":
                    self._open_for_client(frame)
                case "close":
                    self._stream(frame.stream).disconnect()
                case None:
                    self._deliver(frame)
        except BadFrameError as error:
            payload = {"code": error.code, "message": str(error)}
            await self._send_text(encode_event(error.stream, "error", payload))

    def _open_for_client(self, frame: Frame) -> None:
        name = frame.stream
        child = self._child(name)
        if child is None:
            raise BadFrameError("unknown_stream", f"There is no stream {name!r}.", name)
        if name in self._streams:
            raise BadFrameError("already_open", f"Stream {name!r} is open already.", name)
        if len(self._streams) >= self.max_streams:
            raise BadFrameError(
                "too_many_streams", f"A socket carries {self.max_streams} streams at most.", name
            )
        application, own_scope = child
        query = urlencode(frame.query()).encode()
        self._open(name, application, {**own_scope, "query_string": query})

    def _deliver(self, frame: Frame) -> None:
        stream = self._stream(frame.stream)
        if stream.waiting >= self.max_waiting:
            raise BadFrameError("busy", "The stream is behind; send this again later.", stream.name)
        stream.deliver(frame.message())

    def _stream(self, name: str) -> Stream:
        stream = self._streams.get(name)
        if stream is not None and not stream.closing:
            return stream
        if self._child(name) is None:
            raise BadFrameError("unknown_stream", f"There is no stream {name!r}.", name)
        raise BadFrameError("not_open", f"Stream {name!r} is not open.", name)

    # Streams

    def _child(self, name: str) -> tuple[Application, Scope] | None:
        """The application behind a stream's name, and what its scope adds to the socket's."""
        if name in self._applications:
            return self._applications[name], {}
        path = f"{self._prefix}{name}/"
        found = resolve(self._routes, path)
        if found is None:
            return None
        application, args, kwargs = found
        return application, {
            "path": f"/{path}",
            "raw_path": f"/{path}".encode(),
            "url_route": {"args": args, "kwargs": kwargs},
        }

    def _open(self, name: str, application: Application, own_scope: Scope) -> None:
        scope = {**self._scope, **own_scope, "demultiplexer_cls": type(self)}
        scope.pop("path_remaining", None)  # or a URLRouter inside would go by it, not by `path`
        self._streams[name] = Stream(
            name,
            application=application,
            scope=scope,
            on_send=self._on_stream_send,
            on_end=self._on_stream_end,
            close_timeout=self.application_close_timeout,
        )

    async def _on_stream_send(self, stream: Stream, message: Message) -> None:
        match message["type"]:
            case "websocket.accept":
                await self._accept(message)
                await self._send_text(encode_event(stream.name, "opened"))
            case "websocket.send":
                text, data = message.get("text"), message.get("bytes")
                await self._send_text(encode_payload(stream.name, text=text, data=data))

    async def _on_stream_end(self, stream: Stream) -> None:
        del self._streams[stream.name]
        if self._accepted:
            payload = {"code": stream.code, "reason": stream.reason}
            await self._send_text(encode_event(stream.name, "closed", payload))
        if not self._routes and not self._streams:
            allowed = stream.code == close_codes.NORMAL or 3000 <= stream.code <= 4999
            code = stream.code if allowed else close_codes.CRASHED
            await self._send({"type": "websocket.close", "code": code})

    # The socket

    async def _accept(self, message: Message) -> None:
        if not self._accepted:
            self._accepted = True
            await self._send(message)

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _send(self, message: Message) -> None:
        if self._gone:
            return
        try:
            await self._send_to_server(message)
        except Exception:  # too large, or the client has gone: servers raise different things
            logger.warning("A frame could not be sent.", exc_info=True)


def resolve(
    routes: Sequence[URLPattern], path: str
) -> tuple[Application, tuple[Any, ...], dict[str, Any]] | None:
    """Find the application of a path, through nested URLRouters; None where there is none."""
    for route in routes:
        match = route.pattern.match(path)
        if match is None:
            continue
        rest, args, kwargs = match
        kwargs = {**kwargs, **route.default_args}
        callback: Callable[..., Any] = route.callback
        if not getattr(callback, "_path_routing", False):
            return callback, args, kwargs
        inner = resolve(callback.routes, rest)  # type: ignore[attr-defined]
        if inner is not None:
            application, inner_args, inner_kwargs = inner
            return application, args + inner_args, {**kwargs, **inner_kwargs}
    return None
