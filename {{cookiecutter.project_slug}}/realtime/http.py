"""The base of HTTP consumers whose response may take long, or go on until the client leaves."""

import asyncio
import logging
from typing import ClassVar

from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.layers import get_channel_layer

from . import close_codes
from .close_codes import Ending
from .limits import Limits, Meter
from .outlet import Outlet
from .sign_out import sign_outs
from .types import Message, Receive, Scope, Send

logger = logging.getLogger(__name__)


class HttpError(Exception):
    """Raised by `handle()`: becomes the response, as plain text."""

    def __init__(self, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self.status = status
        self.headers = [(b"Content-Type", b"text/plain; charset=utf-8"), *headers]


class HttpConsumer(AsyncHttpConsumer):  # type: ignore[misc]
    """Channels' consumer, but `handle()` may wait: it is cancelled when the client leaves.

    There is no `channel_name`: use `channel_layer.listen()`. What `handle()` raises is logged
    and ends the response. It must not reach Daphne, which never again cleans up after anybody
    once a response that has begun raises. Of `limits`, `user_sockets` counts here too.
    """

    cancel_timeout: ClassVar[float] = 5.0  # seconds
    largest_body: ClassVar[int] = 256 * 1024  # bytes
    send_timeout: ClassVar[float] = 20.0  # where the server waits for a client that does not read

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._started = False
        self._ending: Ending | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.channel_layer = get_channel_layer(self.channel_layer_alias)
        self.base_send = Outlet(send)
        body = bytearray()
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if len(body) > self.largest_body:
                await self.send_response(413, b"Too much.")
                return
            if not message.get("more_body"):
                await self._answer_until_left(bytes(body), receive)
                return

    async def _answer_until_left(self, body: bytes, receive: Receive) -> None:
        meter = Meter(self._limits, self.scope)
        self._answering = asyncio.create_task(self._answer(body, meter))
        tasks = [self._answering, asyncio.create_task(_left(receive))]
        sign_outs().add(self, self.scope)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sign_outs().discard(self)
            meter.close()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=self.cancel_timeout)

    def end(self, ending: Ending) -> None:
        """End the response; where it has not begun, answer with 403 or, to come back, with 503."""
        if self._ending is None:
            self._ending = ending
            self._answering.cancel()

    async def _answer(self, body: bytes, meter: Meter) -> None:
        error = HttpError(500, "Something went wrong.")
        try:
            if meter.has_too_many_sockets():
                raise HttpError(429, "You have too many connections.", (b"Retry-After", b"30"))
            await self.handle(body)
            return
        except StopConsumer:
            return
        except HttpError as refusal:
            error = refusal
        except asyncio.CancelledError:
            if self._ending is None:
                raise
            final = self._ending.code == close_codes.NOT_SIGNED_IN
            error = HttpError(403 if final else 503, self._ending.reason)
        except Exception:
            logger.exception("%s failed.", type(self).__name__)
        if self._started:
            await self.send_body(b"")
        else:
            await self.send_response(error.status, str(error).encode(), headers=error.headers)

    async def send(self, message: Message) -> None:
        self._started = True
        try:
            async with asyncio.timeout(self.send_timeout):
                await super().send(message)
        except TimeoutError:
            raise StopConsumer from None


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
