"""One stream of the multiplexed socket: a consumer with an inbox and a task of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from . import close_codes
from .counters import counters
from .inbox import Inbox
from .types import Application, Message, Scope

logger = logging.getLogger(__name__)


class Stream:
    """Runs `application` as if it had a socket to itself.

    Whatever it does, only its own stream ends: `on_accept` hears that it accepts, `on_send`
    what it sends, and `on_end` once that it is over.
    """

    def __init__(
        self,
        name: str,
        *,
        application: Application,
        scope: Scope,
        on_accept: Callable[["Stream", Message], Awaitable[None]],
        on_send: Callable[["Stream", Message], Awaitable[None]],
        on_end: Callable[["Stream"], Awaitable[None]],
        close_timeout: float,
    ) -> None:
        self.name = name
        self.accepted = False
        self.closing = False
        self.code = close_codes.NORMAL
        self.reason = ""
        self.inbox = Inbox()
        self._on_accept = on_accept
        self._on_send = on_send
        self._on_end = on_end
        self._close_timeout = close_timeout
        self._deadline: asyncio.TimerHandle | None = None
        self.inbox.put({"type": "websocket.connect"})
        self.task = asyncio.create_task(self._run(application, scope))

    def disconnect(self, code: int = close_codes.NORMAL, reason: str = "") -> None:
        """Tell the consumer, once, that its connection is over; end it if it does not."""
        if self.closing:
            return
        self.closing = True
        self.code, self.reason = code, reason
        if code == close_codes.TOO_MUCH:
            self.inbox.clear()  # which a slow consumer would hold for long
        self.inbox.put({"type": "websocket.disconnect", "code": code, "reason": reason})
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._close_timeout, self.task.cancel)

    async def end(self, code: int) -> None:
        """Disconnect, and wait until the consumer is gone."""
        self.disconnect(code)
        await asyncio.wait([self.task], timeout=self._close_timeout + 1)
        self.task.cancel()

    async def _run(self, application: Application, scope: Scope) -> None:
        counters.streams += 1
        try:
            await application(scope, self.inbox.get, self._send)
        except asyncio.CancelledError:
            if self.closing:
                logger.warning("Stream %s did not end in time and was cancelled.", self.name)
            else:
                self.code, self.reason = close_codes.CRASHED_STREAM, "The consumer was cancelled."
        except Exception:
            logger.exception("The consumer of stream %s crashed.", self.name)
            if not self.closing:
                self.code, self.reason = close_codes.CRASHED_STREAM, "The consumer crashed."
        counters.streams -= 1
        self.closing = True
        self.inbox.clear()  # or it would wait for the garbage collector, with the consumer
        if self._deadline is not None:
            self._deadline.cancel()
        await self._on_end(self)

    async def _send(self, message: Message) -> None:
        if self.closing:
            return  # as on a socket that is gone: what it says is no longer heard
        kind = message["type"]
        if kind == "websocket.send":
            if not self.accepted:
                raise ValueError("A consumer must accept the connection before it sends.")
            await self._on_send(self, message)
        elif kind == "websocket.accept" and not self.accepted:
            self.accepted = True
            await self._on_accept(self, message)
            self.inbox.accepted()
        elif kind == "websocket.close":
            default = close_codes.NORMAL if self.accepted else close_codes.NOT_ALLOWED
            self.disconnect(message.get("code") or default, message.get("reason") or "")
        else:
            raise ValueError(f"A consumer cannot send a message of type {kind!r} now.")
