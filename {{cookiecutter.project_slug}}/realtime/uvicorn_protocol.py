"""uvicorn's WebSockets, with fewer system calls, and with an end for clients that do not read.

`uvicorn --ws realtime.uvicorn_protocol:CorkedProtocol config.asgi:application`
"""

import asyncio
import struct
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

KEPT_BYTES = 64 * 1024  # no more, or a sender that never pauses would fill the memory
PATIENCE_SECONDS = 20.0  # with a client that reads so little that sending has to wait


class CorkedProtocol(WebSocketsSansIOProtocol):
    """Writes together what is sent in one turn of the event loop.

    uvicorn itself writes each frame with a system call, which is most of what a broadcast costs.
    And while a client does not read, uvicorn cannot even be told to close its connection.
    """

    _cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Cork(transport))  # type: ignore[arg-type]

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cut = self.loop.call_later(PATIENCE_SECONDS, self._reset)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._spare()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._spare()  # since nothing resumes a transport that is lost while it is paused

    def _spare(self) -> None:
        if self._cut is not None:
            self._cut.cancel()

    def _reset(self) -> None:
        # Without this option, the system would keep what the client does not read.
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
        self.transport.abort()


class Cork:
    """A transport that keeps what is written until the end of the turn."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._kept: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._kept:
            self._loop.call_soon(self._flush)
        self._kept.append(data)
        self._size += len(data)
        if self._size >= KEPT_BYTES:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._kept and not self._transport.is_closing():
            self._transport.write(b"".join(self._kept))
        self._kept.clear()
        self._size = 0
