"""The base of this site's consumers: Channels' API, on a loop of its own."""

import asyncio
import contextlib
import logging
from functools import partial
from typing import Any, ClassVar, cast

from channels.exceptions import AcceptConnection, DenyConnection, StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from . import close_codes
from .handlers import handler_of
from .listeners import OnMessage, Stop
from .outlet import Outlet
from .turns import TooSlowError, Turns
from .types import Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

RECONNECTED: Message = {"type": "layer.reconnected"}


class SocketConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """A WebSocket consumer that listens to groups inside this process.

    It differs from Channels' own in four ways:
    - `await self.listen(group)` takes the place of `group_add`, and there is no `channel_name`.
    - Channels looks after database connections at every event, through a thread. Here, those
      who use the database do, by `on_database_thread`.
    - `disconnect()` is called once, however the connection ended, and must be quick.
    - Sending to a client that has gone does nothing.

    Handlers run one at a time, those of group messages in the order of the messages. But a
    group's handler that is no coroutine function is called at once, while others may wait.
    """

    disconnect_timeout: ClassVar[float] = 5.0  # seconds
    max_waiting_messages: ClassVar[int] = 1000  # while a handler waits; then, close 4008

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.channel_layer = get_channel_layer(self.channel_layer_alias)
        self.base_send = self._outlet = Outlet(send)
        self._ended = False
        self._stops: set[Stop] = set()
        self._turns = Turns(self.dispatch, self._fail, self.max_waiting_messages)
        self._main_task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._failure: Exception | None = None
        code = close_codes.ABNORMAL
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                await self._turns.take(message)
            code = message.get("code", code)
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            await self._end_of_failure()
        finally:
            await self._clean_up(code)

    async def dispatch(self, message: Message) -> None:
        """Call the handler that the message's type names."""
        result = getattr(self, handler_of(type(self), message["type"]).name)(message)
        if result is not None:
            await result

    async def websocket_connect(self, message: Message) -> None:
        for group in self.groups:
            await self.listen(group)
        try:
            await self.connect()
        except AcceptConnection:
            await self.accept()
        except DenyConnection:
            await self.close()

    # Groups

    async def listen(self, group: str, hear: OnMessage | None = None) -> Stop:
        """Hear a group, each message by the handler of its type, or all at once by `hear`.

        It ends with the connection, or by calling what this returns.

        A message is shared with all who listen in this process: do not change it. Where
        some may have been lost, `layer_reconnected` is called, if there is such a handler.
        """
        told = hasattr(self, "layer_reconnected")
        on_reconnect = partial(self._hear, RECONNECTED) if told else None
        stop_hearing: Stop = await self.channel_layer.listen(
            group, hear or self._hear, on_reconnect
        )
        self._stops.add(stop_hearing)
        if self._ended:  # meanwhile
            self._stop_hearing()

        def stop() -> None:
            self._stops.discard(stop_hearing)
            stop_hearing()

        return stop

    def _hear(self, message: Message) -> None:
        if self._outlet.gone:
            return
        try:
            handler = handler_of(type(self), message["type"])
            if not handler.is_async:
                getattr(self, handler.name)(message)
                return
            self._turns.put(message)
        except Exception as error:
            self._fail(error)

    # The end

    def _fail(self, error: Exception) -> None:
        """End the connection from outside its own task, as if that had raised the error."""
        if self._failure is None and not self._ended:
            self._failure = error
            self._main_task.cancel()

    async def _end_of_failure(self) -> None:
        """What the connection's own task does when it is cancelled, by `_fail` or the server."""
        if self._failure is None or self._main_task.uncancel() > 0:
            raise asyncio.CancelledError
        self._stop_hearing()
        if isinstance(self._failure, TooSlowError):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):  # a server may wait for the slow client
                    await self.close(close_codes.TOO_SLOW, "Too slow.")
        elif not isinstance(self._failure, StopConsumer):
            raise self._failure from None

    def _stop_hearing(self) -> None:
        while self._stops:
            self._stops.pop()()
        self._turns.cancel()

    async def _clean_up(self, code: int) -> None:
        self._ended = self._outlet.gone = True
        self._stop_hearing()
        try:
            async with asyncio.timeout(self.disconnect_timeout):
                await self._turns.end()
                await self.disconnect(code)
        except StopConsumer:
            pass
        except Exception:
            logger.exception("%s failed to disconnect.", type(self).__name__)

    # What the client is told

    async def refuse(self, code: int, reason: str) -> None:
        """Refuse the connection so that the client learns why; see `close_codes`.

        A close before the accept is a plain 403 to a browser, whatever the code. A stream of
        the multiplexer has no such limit.
        """
        if "demultiplexer_cls" not in self.scope:
            await self.accept()
        await self.close(code, reason)

    async def send(
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False
    ) -> None:
        """Send one frame. Does nothing once the client has gone."""
        if text_data is not None:
            await self._outlet({"type": "websocket.send", "text": text_data})
        elif bytes_data is not None:
            await self._outlet({"type": "websocket.send", "bytes": bytes_data})
        else:
            raise ValueError("You must pass one of bytes_data or text_data")
        if close:
            await self.close(close)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Raises ValueError for a code that not every server lets an application use."""
        if code not in (None, close_codes.NORMAL) and not 3000 <= code <= 4999:
            raise ValueError(f"{code} is no close code of an application.")
        await super().close(code, reason)
        self._outlet.gone = True
