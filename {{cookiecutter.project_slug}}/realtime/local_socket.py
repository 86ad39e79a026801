"""A WebSocket without a network: for what comes over plain HTTP instead."""

import asyncio
import logging
from typing import Self

from . import close_codes
from .types import Application, Message, Scope

CLOSE_SECONDS = 6.0  # a multiplexer gives its streams five of them

logger = logging.getLogger(__name__)


class LocalSocket:
    """The client's end of a socket: `async with LocalSocket(application, scope) as socket`.

    `scope` is that of the HTTP request. `budget` is how many bytes the application may send; then
    the socket is over, since nobody proves that they are read.
    """

    def __init__(self, application: Application, scope: Scope, budget: int) -> None:
        self.accepted = False
        self.code = close_codes.ABNORMAL  # until the application closes
        self._application = application
        self._scope = {**scope, "type": "websocket", "subprotocols": []}
        self._budget = budget
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self._heard: asyncio.Queue[str | None] = asyncio.Queue()
        self._over = False

    async def __aenter__(self) -> Self:
        self._sent.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        self._sent.put_nowait({"type": "websocket.disconnect", "code": close_codes.NORMAL})
        await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
        self._task.cancel()

    def send(self, text: str) -> None:
        self._sent.put_nowait({"type": "websocket.receive", "text": text})

    async def read(self) -> str | None:
        """The next frame, or None where the socket is over."""
        return await self._heard.get()

    async def _run(self) -> None:
        try:
            await self._application(self._scope, self._sent.get, self._hear)
        except Exception:
            logger.exception("The application behind %s crashed.", self._scope["path"])
        self._heard.put_nowait(None)

    async def _hear(self, message: Message) -> None:
        if self._over:
            return
        match message:
            case {"type": "websocket.accept"}:
                self.accepted = True
            case {"type": "websocket.send", "text": str(text)}:
                self._heard.put_nowait(str(text))  # of no subclass, such as msgspec refuses
                self._budget -= len(text.encode())
                self._over = self._budget <= 0
            case {"type": "websocket.close"}:
                self.code = message.get("code", close_codes.NORMAL)
                self._over = True
        if self._over:
            self._heard.put_nowait(None)
