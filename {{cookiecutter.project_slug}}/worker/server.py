"""Channels' worker, which also runs tasks, stops in order and outlives Redis."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import uuid
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from channels.worker import Worker as ChannelsWorker
from django.conf import settings

from realtime.types import Application, Message

from .backend import queue_of
from .ledger import Ledger
from .models import Worker
from .pool import Pool
from .threads import make_room_in_pools

RETRY_SECONDS = 1.0  # before Redis is asked again
UNREADABLE_SECONDS = 0.01  # so that a great many of those leave time to the rest
RECEIVE_SECONDS = 0.1  # to take a message that is there
INBOX_LENGTH = 10  # messages that a channel's consumer may leave waiting
HAND_IN_SECONDS = 5.0  # for those, at the end
HEARTBEAT_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Inbox(asyncio.Queue[Message]):
    """`join` waits until the consumer asks for another message, and so is done with the last."""

    _is_taken = False

    async def get(self) -> Message:
        if self._is_taken:
            self._is_taken = False
            self.task_done()
        message = await super().get()
        self._is_taken = True
        return message


class TaskServer(ChannelsWorker):  # type: ignore[misc]
    """Serves channels. Those that wake the workers of a queue, as `tasks` does, bring its tasks."""

    def __init__(
        self,
        application: Application,
        channels: Sequence[str],
        channel_layer: Any,
        concurrency: int,
        grace: float,
    ) -> None:
        """`concurrency` tasks run at a time; `grace` is in seconds."""
        super().__init__(application, channels, channel_layer)
        self._concurrency = concurrency
        self._grace = grace
        self._is_over = False

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT. A second one does not wait for the tasks that run."""
        asyncio.run(self._serve_until_signal())

    async def _serve_until_signal(self) -> None:
        if threading.current_thread() is threading.main_thread():  # it is not under --reload
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
        await self.arun()

    async def arun(self) -> None:
        """Serve until `stop`. Raises TooManyHangError."""
        make_room_in_pools(2 * self._concurrency)  # as many may run as hang
        self._pool = self._new_pool()
        inboxes = {channel: Inbox(INBOX_LENGTH) for channel in self.channels}
        listeners = [asyncio.create_task(self._listen(*item)) for item in inboxes.items()]
        others = [asyncio.create_task(self._consume(*item)) for item in inboxes.items()]
        others.append(asyncio.create_task(self._heartbeat()))
        try:
            await self._pool.run()
        finally:
            self._is_over = True
            await self._hand_in(listeners, inboxes.values())
            for other in others:
                other.cancel()

    async def _hand_in(self, listeners: list[asyncio.Task[None]], inboxes: Iterable[Inbox]) -> None:
        """Have consumers handle what was taken from Redis, since nobody else has it."""
        await asyncio.wait(listeners, timeout=RECEIVE_SECONDS)  # or one that just takes a message
        for listener in listeners:
            listener.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HAND_IN_SECONDS):
                for inbox in inboxes:
                    await inbox.join()

    @property
    def is_stopping(self) -> bool:
        return self._pool.is_stopping

    def stop(self) -> None:
        """Take no new task. `arun` returns when those that run have ended, or their grace."""
        self._pool.stop()

    async def _listen(self, channel: str, inbox: Inbox) -> None:
        """Hand on what arrives, whatever Redis or a sender does."""
        is_away = False
        while not self._is_over:
            try:
                message = await self.channel_layer.receive(channel)
            except (TypeError, ValueError) as error:  # what was sent by no channel layer
                logger.error("A message on channel %s cannot be read: %r", channel, error)
                await asyncio.sleep(UNREADABLE_SECONDS)
            except Exception as error:
                if not is_away:
                    logger.error("Channel %s cannot be heard: %r", channel, error)
                is_away = True
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if is_away:
                    logger.info("Channel %s is heard again.", channel)
                is_away = False
                if isinstance(message, dict) and isinstance(message.get("type"), str):
                    await inbox.put(message)
                else:
                    logger.error("A message on channel %s has no type: %.200r", channel, message)

    async def _consume(self, channel: str, inbox: Inbox) -> None:
        """Run the channel's consumer; if it fails, another one goes on with the next message."""
        scope = {"type": "channel", "channel": channel, "pool": self._pool}
        while True:
            try:
                await self.application(scope, inbox.get, partial(self.application_send, scope))
            except Exception:
                logger.exception("The consumer of channel %s failed.", channel)
            await asyncio.sleep(RETRY_SECONDS)

    async def _heartbeat(self) -> None:
        while settings.WORKER_HEARTBEAT_FILE:
            Path(settings.WORKER_HEARTBEAT_FILE).touch()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _new_pool(self) -> Pool:
        name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        worker = Worker(id=uuid.uuid4(), name=name, concurrency=self._concurrency)
        queues = [queue for channel in self.channels if (queue := queue_of(channel))]
        return Pool(Ledger(worker, queues), self._concurrency, self._grace)
