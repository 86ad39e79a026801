"""Publishing to Redis: what arrives in one turn of the event loop goes out as one pipeline."""

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import NamedTuple

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

logger = logging.getLogger(__name__)

PUBLISH_SECONDS = 1.0  # for one pipeline, connecting included
LARGEST_PIPELINE = 1000


class _Waiting(NamedTuple):
    channel: str
    data: bytes
    published: asyncio.Future[None]


class Publisher:
    """Publishes over a connection of its own, in the order of the calls.

    While Redis is away a publish raises soon; nothing is kept for later.
    """

    def __init__(self, make_connection: Callable[[], AbstractConnection]) -> None:
        self._make_connection = make_connection
        self._connection: AbstractConnection | None = None
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._answered = False

    def publish(self, channel: str, data: bytes) -> asyncio.Future[None]:
        """The future is done once Redis has the message."""
        loop = asyncio.get_running_loop()
        published: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(channel, data, published))
        if self._task is None:
            # A context of its own, since it works for many callers, not only for this one.
            self._task = loop.create_task(self._run(), context=contextvars.Context())
        return published

    async def post(self, channel: str, data: bytes) -> None:
        """Take a place in the order and return, as long as Redis answered the last time.

        Otherwise, and where too much waits, as `publish`. What is lost here is logged.
        """
        published = self.publish(channel, data)
        if self._answered and len(self._waiting) < LARGEST_PIPELINE:
            published.add_done_callback(_log_failure)
        else:
            await published

    async def close(self) -> None:
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        if self._task is task:  # it was cancelled before it began
            self._task = None
        self._fail([], "the channel layer was closed")
        await self._disconnect()

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:LARGEST_PIPELINE]
                del self._waiting[:LARGEST_PIPELINE]
                try:
                    async with asyncio.timeout(PUBLISH_SECONDS):
                        await self._publish(batch)
                    self._answered = True
                except asyncio.CancelledError:
                    self._fail(batch, "the channel layer was closed")
                    raise
                except Exception as error:
                    self._fail(batch, str(error) or type(error).__name__)
                    await self._disconnect()  # what it may still answer is not ours
        finally:
            self._task = None

    async def _publish(self, batch: list[_Waiting]) -> None:
        connection = await self._connected()
        commands = [("PUBLISH", channel, data) for channel, data, _ in batch]
        packed = connection.pack_commands(commands)
        await connection.send_packed_command(packed, check_health=False)
        for _, _, published in batch:
            error: ResponseError | None = None
            try:
                await connection.read_response()
            except ResponseError as response:
                error = response
            _settle(published, error)

    async def _connected(self) -> AbstractConnection:
        if self._connection is None:
            self._connection = self._make_connection()
        elif self._connection.is_connected and await self._connection.can_read():
            await self._disconnect()  # nothing was asked, so Redis has hung up
            self._connection = self._make_connection()
        await self._connection.connect()  # type: ignore[no-untyped-call]
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def _fail(self, batch: list[_Waiting], reason: str) -> None:
        """Fail what came meanwhile, too: it would wait as long for nothing."""
        self._answered = False
        waiting, self._waiting = self._waiting, []
        for _, _, published in [*batch, *waiting]:
            _settle(published, RedisConnectionError(f"Not published: {reason}"))


def _settle(published: asyncio.Future[None], error: Exception | None = None) -> None:
    if published.done():  # whoever waited for it was cancelled
        return
    if error is None:
        published.set_result(None)
    else:
        published.set_exception(error)


def _log_failure(published: asyncio.Future[None]) -> None:
    if not published.cancelled() and (error := published.exception()):
        logger.warning("The channel layer lost a message: %s", error)
