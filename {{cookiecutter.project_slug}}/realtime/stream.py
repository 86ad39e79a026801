"""One stream of the multiplexed socket: a consumer with an inbox and a task of its own."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from . import close_codes
from .types import Application, Message, Scope

logger = logging.getLogger(__name__)

MOMENT = 0.05  # seconds


class Stream:
    """Runs `application` as if it had a socket to itself.

    Whatever it does, only its own stream ends: `on_send` hears what it sends, `on_end` once
    that it is over and why.
    """

    def __init__(
        self,
        name: str,
        *,
        application: Application,
        scope: Scope,
        on_send: Callable[["Stream", Message], Awaitable[None]],
        on_end: Callable[["Stream"], Awaitable[None]],
        close_timeout: float,
    ) -> None:
        self.name = name
        self.accepted = False
        self.closing = False
        self.code = close_codes.NORMAL
        self.reason = ""
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._room = asyncio.Event()
        self._slow = False
        self._on_send = on_send
        self._on_end = on_end
        self._close_timeout = close_timeout
        self._deadline: asyncio.TimerHandle | None = None
        self._inbox.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(self._run(application, scope))

    async def has_room(self, limit: int) -> bool:
        """Whether fewer than `limit` messages wait for the consumer.

        A full inbox is given a moment, once until it is empty again: many frames that come at
        once do not make a quick consumer a slow one, and a slow one holds nobody up for long.
        """
        if self._inbox.qsize() >= limit and not self._slow:
            self._room = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOMENT):
                    await self._room.wait()
            self._slow = not self._room.is_set()
        return self._inbox.qsize() < limit

    def deliver(self, message: Message) -> None:
        """Put a message in the inbox, if the consumer still listens."""
        self._inbox.put_nowait(message)

    def disconnect(self, code: int = close_codes.NORMAL, reason: str = "") -> None:
        """Tell the consumer, once, that its connection is over; end it if it does not."""
        if self.closing:
            return
        self.closing = True
        self.code, self.reason = code, reason
        self.deliver({"type": "websocket.disconnect", "code": code, "reason": reason})
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._close_timeout, self.task.cancel)

    async def end(self, code: int) -> None:
        """Disconnect, and wait until the consumer is gone."""
        self.disconnect(code)
        await asyncio.wait([self.task], timeout=self._close_timeout + 1)
        self.task.cancel()

    async def _run(self, application: Application, scope: Scope) -> None:
        try:
            await application(scope, self._receive, self._send)
        except asyncio.CancelledError:
            if self.closing:
                logger.warning("Stream %s did not end in time and was cancelled.", self.name)
            else:
                self.code, self.reason = close_codes.CRASHED_STREAM, "The consumer was cancelled."
        except Exception:
            logger.exception("The consumer of stream %s crashed.", self.name)
            if not self.closing:
                self.code, self.reason = close_codes.CRASHED_STREAM, "The consumer crashed."
        self.closing = True
        if self._deadline is not None:
            self._deadline.cancel()
        await self._on_end(self)

    async def _receive(self) -> Message:
        message = await self._inbox.get()
        self._room.set()
        if self._inbox.empty():
            self._slow = False
        return message

    async def _send(self, message: Message) -> None:
        if self.closing:
            return  # as on a socket that is gone: what it says is no longer heard
        match message["type"]:
            case "websocket.accept":
                self.accepted = True
            case "websocket.close":
                default = close_codes.NORMAL if self.accepted else close_codes.NOT_ALLOWED
                self.disconnect(message.get("code") or default, message.get("reason") or "")
            case "websocket.send" if not self.accepted:
                raise RuntimeError("A consumer must accept the connection before it sends.")
        await self._on_send(self, message)
