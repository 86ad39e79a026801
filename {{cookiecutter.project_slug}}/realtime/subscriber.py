"""Hearing Redis: one reader for a process and loop, which outlives every failure."""

import asyncio
import contextvars
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Set
from functools import partial

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

PULSE_SECONDS = 5.0  # a Redis that leaves a question open for so long is taken for gone
SUBSCRIBE_SECONDS = 1.0  # how long a caller waits for Redis to confirm
FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0  # seconds before the next attempt, with full jitter

logger = logging.getLogger(__name__)


class Subscriber:
    """Keeps one connection subscribed to all channels that are wanted.

    Changes go out in rounds: what has changed since the last one, then a PING. Redis answers
    in order, so its PONG confirms the round, and that the connection lives.
    """

    def __init__(
        self,
        make_connection: Callable[[], AbstractConnection],
        on_message: Callable[[str, bytes], None],
        on_reconnect: Callable[[Set[str]], None],
    ) -> None:
        self._make_connection = make_connection
        self._on_message = on_message
        self._on_reconnect = on_reconnect
        self._task: asyncio.Task[None] | None = None
        self._wanted: set[str] = set()
        self._changed: set[str] = set()
        self._sent: dict[str, asyncio.Future[None]] = {}  # the round of each subscription
        self._unanswered: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._next_round: asyncio.Future[None]
        self._wake: asyncio.Event
        self._failures = 0
        self._lost_at: float | None = None

    async def subscribe(self, channel: str) -> None:
        """Return once Redis has confirmed, so that nothing published from now on is missed.

        Without Redis this returns as well, soon, and `on_reconnect` is told of the channel
        once it is heard.
        """
        self._start()
        self._wanted.add(channel)
        if channel not in self._sent:
            self._changed.add(channel)
            self._wake.set()
        confirmed = self._sent.get(channel, self._next_round)
        if confirmed.done():
            return
        if self._lost_at is None:
            await asyncio.wait([confirmed], timeout=SUBSCRIBE_SECONDS)
        if not confirmed.done():
            confirmed.add_done_callback(partial(self._confirmed_late, channel))

    def unsubscribe(self, channel: str) -> None:
        """Wait for nothing: a message that is on its way finds nobody, and that is all."""
        if channel in self._wanted:
            self._wanted.discard(channel)
            self._changed.add(channel)
            self._wake.set()

    async def close(self) -> None:
        task, self._task = self._task, None
        self._wanted.clear()
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _start(self) -> None:
        if self._task is not None and not self._task.done():
            return
        loop = asyncio.get_running_loop()
        self._next_round = loop.create_future()
        self._wake = asyncio.Event()
        # A context of its own, since it works for many callers, not only for this one.
        self._task = loop.create_task(self._run(), context=contextvars.Context())

    async def _run(self) -> None:
        while True:
            try:
                await self._session()
            except Exception as error:
                self._note_loss(error)
            finally:
                self._forget_rounds()
            limit = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(self._failures, 10))
            self._failures += 1
            await asyncio.sleep(random.uniform(0, limit))  # noqa: S311  (not for secrets)

    async def _session(self) -> None:
        """One connection, from its first word to its failure."""
        connection = self._make_connection()
        try:
            async with asyncio.timeout(PULSE_SECONDS):
                await connection.connect()  # type: ignore[no-untyped-call]
            self._changed = set(self._wanted)
            self._wake.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(connection))
                tasks.create_task(self._read(connection))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await connection.disconnect()

    async def _write(self, connection: AbstractConnection) -> None:
        while True:
            try:
                async with asyncio.timeout(PULSE_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass  # a round without changes, to see that Redis answers
            self._wake.clear()
            now = time.monotonic()
            if self._unanswered and now - self._unanswered[0][0] > PULSE_SECONDS:
                raise RedisConnectionError("Redis does not answer.")
            commands = self._commands()
            self._unanswered.append((now, self._next_round))
            self._next_round = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(PULSE_SECONDS):
                await connection.send_packed_command(
                    connection.pack_commands(commands), check_health=False
                )

    def _commands(self) -> list[tuple[str, ...]]:
        """The next round, as what has changed since the last one has turned out."""
        new = [name for name in self._changed & self._wanted if name not in self._sent]
        old = [name for name in self._changed - self._wanted if name in self._sent]
        self._changed.clear()
        self._sent.update(dict.fromkeys(new, self._next_round))
        for name in old:
            del self._sent[name]
        subscriptions = [("SUBSCRIBE", *new)] if new else []
        unsubscriptions = [("UNSUBSCRIBE", *old)] if old else []
        return [*subscriptions, *unsubscriptions, ("PING",)]

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            response = await connection.read_response()
            kind = response[0] if isinstance(response, list) else b"pong"
            if kind == b"message":
                self._on_message(response[1].decode(), response[2])
            elif kind == b"pong":
                self._note_answer()

    def _note_answer(self) -> None:
        _, confirmed = self._unanswered.popleft()
        confirmed.set_result(None)
        self._failures = 0
        if self._lost_at is not None:
            logger.warning("Redis is back after %.1f s.", time.monotonic() - self._lost_at)
            self._lost_at = None
            self._on_reconnect(self._sent.keys())

    def _forget_rounds(self) -> None:
        """Let nobody wait for what a connection that is gone was asked."""
        self._sent.clear()
        for confirmed in [self._next_round, *(future for _, future in self._unanswered)]:
            confirmed.cancel()
        self._unanswered.clear()
        self._next_round = asyncio.get_running_loop().create_future()

    def _note_loss(self, error: Exception) -> None:
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            logger.warning("Redis is away: %s", str(error) or type(error).__name__)

    def _confirmed_late(self, channel: str, confirmed: asyncio.Future[None]) -> None:
        if not confirmed.cancelled():  # then the connection was lost, and all will be told
            self._on_reconnect({channel})
