"""A consumer on a socket of its own, held to the same limits as the multiplexer's streams."""

import functools

import msgspec
from django.utils.translation import gettext as _

from .commands import encode_error
from .connection import Connection
from .errors import RefusedError
from .limits import LimitError
from .stream import Stream
from .types import Application, Message, Receive, Scope, Send


class Pong(msgspec.Struct, tag_field="type", tag="pong"):
    """The client's answer to a ping: `{"type": "pong", "n": 17}`."""

    number: int = msgspec.field(name="n")


class OwnSocket(Connection):
    """Passes frames on as they are. What goes over a limit is answered as a bad command is."""

    pong = msgspec.json.Decoder(Pong)

    def __init__(self, application: Application) -> None:
        self._application = application

    @classmethod
    def around(cls, application: Application) -> Application:
        """An ASGI application that puts `application` behind the limits of this class."""

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            await cls(application)(scope, receive, send)

        return functools.update_wrapper(limited, cls, updated=())

    async def _connect(self) -> None:
        self._stream = Stream(
            self._scope["path"],
            application=self._application,
            scope=self._scope,
            on_accept=self._on_stream_accept,
            on_send=self._on_stream_send,
            on_end=self._on_stream_end,
            close_timeout=self.application_close_timeout,
        )

    async def _receive(self, message: Message) -> None:
        if self._stream.closing:
            return
        if not await self._stream.inbox.has_room(self.max_waiting):
            frame = message.get("text") or ""
            await self._refuse(frame, LimitError("busy", _("Too much is waiting."), 1))
        else:
            self._stream.inbox.put_frame(message)

    async def _disconnect(self, code: int) -> None:
        if hasattr(self, "_stream"):
            await self._stream.end(code)

    async def _on_stream_accept(self, stream: Stream, message: Message) -> None:
        await self._send(message)

    async def _on_stream_end(self, stream: Stream) -> None:
        await self._close(stream.code, stream.reason)

    def _framed(self, stream: Stream, message: Message) -> Message:
        return message

    def _ping(self, number: int) -> str:
        return f'{{"type":"ping","n":{number}}}'

    def _error(self, frame: str | bytes, error: RefusedError) -> str:
        return encode_error(frame, error)
