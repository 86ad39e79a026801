"""One socket of the server: what the multiplexer and a socket of its own have in common."""

import asyncio
import contextlib
from functools import partial
from typing import Any, ClassVar, cast

import msgspec
from django.utils.translation import gettext as _

from . import close_codes
from .background_loop import is_called_by_thread
from .close_codes import Ending
from .counters import counters
from .errors import RefusedError
from .limits import FloodError, LimitError, Limits, Meter, size_of
from .outlet import Outlet
from .proof import ProofOfReading
from .sign_out import sign_outs
from .stream import Stream
from .types import Message, Receive, Scope, Send

TOO_SLOW = Ending(close_codes.TOO_SLOW, "Too slow.")
LONGEST_REASON = 123  # bytes: RFC 6455, section 5.5
RETRY_SOCKET = 30.0  # seconds after which one who has too many sockets may try again


class Connection:
    """Reads a socket, always at once, and holds it to `limits`.

    A subclass says what frames mean. Its streams may be as slow as they like: what they do
    not take waits in their inboxes, not in the server, whose own queue has no bound.
    """

    limits: ClassVar[Limits] = Limits()
    max_waiting: ClassVar[int] = 256  # frames in a stream's inbox before it answers "busy"
    application_close_timeout: ClassVar[float] = 5.0  # seconds a consumer has to disconnect
    pong: ClassVar[msgspec.json.Decoder[Any]]  # of the client's answer to `_ping()`

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._send = Outlet(send)
        self._meter = Meter(self.limits, scope)
        self._proof = self._proof_of_reading()
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._closed_with: int | None = None
        self._ending: Ending | None = None
        code = close_codes.ABNORMAL
        counters.sockets += 1
        sign_outs().add(self, scope)
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.receive":
                    await self._take(message)
                elif self._meter.has_too_many_sockets():
                    code = close_codes.TOO_MUCH
                    await self._refuse_socket()
                    return
                else:
                    await self._connect()
            code = message.get("code", close_codes.NORMAL)
        except FloodError:
            code = close_codes.TOO_MUCH
            await self._close(code, "Too much at once.")
            await self._ignore(receive)
        except asyncio.CancelledError:
            if self._ending is None or self._task.uncancel() > 0:
                raise
            code = self._ending.code
            await self._close(*self._ending)
        finally:
            sign_outs().discard(self)
            counters.socket_ended(code, self._closed_with)
            self._meter.close()
            if self._proof is not None:
                self._proof.close()
            self._send.gone = True
            await self._disconnect(code)

    def end(self, ending: Ending) -> None:
        """Close the connection, from outside its task."""
        if self._ending is None and self._closed_with is None:
            self._ending = ending
            self._task.cancel()

    # For subclasses

    async def _connect(self) -> None:
        raise NotImplementedError

    async def _receive(self, message: Message) -> None:
        """Take a frame that is within the limits."""
        raise NotImplementedError

    async def _disconnect(self, code: int) -> None:
        """End all that `_connect` and `_receive` began."""
        raise NotImplementedError

    def _framed(self, stream: Stream, message: Message) -> Message:
        """What the server sends where a stream's consumer sends this."""
        raise NotImplementedError

    def _ping(self, number: int) -> str:
        """The frame that asks for a proof of reading."""
        raise NotImplementedError

    def _error(self, frame: str | bytes, error: RefusedError) -> str:
        """The frame that says what is wrong with the client's."""
        raise NotImplementedError

    async def _tell(self, text: str) -> None:
        """Send a frame of the connection itself, which never waits for a proof of reading."""
        await self._send({"type": "websocket.send", "text": text})
        counters.frames_sent += 1
        if self._proof is not None:
            await self._count(self._proof, text)

    async def _refuse(self, frame: str | bytes, error: RefusedError) -> None:
        """Tell the client what is wrong with its frame."""
        counters.refusals[error.code] += 1
        await self._tell(self._error(frame, error))

    async def _on_stream_send(self, stream: Stream, message: Message) -> None:
        """Send a stream's frame. Waits while too much is unproven."""
        proof = self._proof
        if proof is not None and proof.overdrawn:
            if is_called_by_thread():  # all synchronous code would wait with it
                self.end(TOO_SLOW)
                return
            await proof.wait_for_room()
        message = self._framed(stream, message)
        await self._send(message)
        counters.frames_sent += 1
        if proof is not None:
            await self._count(proof, message.get("text") or message.get("bytes") or b"")

    async def _close(self, code: int, reason: str = "") -> None:
        """Close the socket. Codes that not every server lets an application use become 4011."""
        if code != close_codes.NORMAL and not 3000 <= code <= 4999:
            code = close_codes.CRASHED
        self._closed_with = code
        message: Message = {"type": "websocket.close", "code": code}
        if reason:
            message["reason"] = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):  # a server may wait for a client that does not read
                await self._send(message)
        self._send.gone = True
        if self._proof is not None:
            self._proof.close()

    async def _ignore(self, receive: Receive) -> None:
        """Take what still comes, until the client is gone: the server would keep it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.application_close_timeout):
                while (await receive())["type"] != "websocket.disconnect":
                    pass

    # Limits

    async def _take(self, message: Message) -> None:
        counters.frames_received += 1
        frame = message.get("text") or message.get("bytes") or b""
        if self._is_proof(frame):
            return
        try:
            self._meter.take(frame)
        except LimitError as error:
            await self._refuse(frame, error)
        else:
            await self._receive(message)

    async def _refuse_socket(self) -> None:
        reason = _("You have too many connections.")
        await self._send({"type": "websocket.accept"})
        await self._refuse("", LimitError("too_many_sockets", reason, RETRY_SOCKET))
        await self._close(close_codes.TOO_MUCH, reason)

    # Proof of reading

    def _proof_of_reading(self) -> ProofOfReading | None:
        budget = self.limits.unproven_bytes
        if budget is None:
            return None
        return ProofOfReading(budget, self.limits.proof_seconds, partial(self.end, TOO_SLOW))

    async def _count(self, proof: ProofOfReading, frame: str | bytes) -> None:
        number = proof.count(size_of(frame))
        if number is not None:
            await self._send({"type": "websocket.send", "text": self._ping(number)})
            counters.frames_sent += 1

    def _is_proof(self, frame: str | bytes) -> bool:
        if self._proof is None or not self._proof.pending:
            return False
        try:
            return self._proof.answer(self.pong.decode(frame).number)
        except (ValueError, RecursionError):
            return False
