"""Channels' worker, which also runs tasks, stops in order and outlives Redis."""

import asyncio
import logging
import os
import signal
import socket
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from channels.worker import Worker as ChannelsWorker
from django.conf import settings

from realtime.types import Application, Message

from .backend import queue_of
from .ledger import Ledger
from .models import Worker
from .pool import Pool

RETRY_SECONDS = 1.0  # before Redis is asked again
INBOX_LENGTH = 10  # messages that a channel's consumer may leave waiting
HEARTBEAT_SECONDS = 5.0

logger = logging.getLogger(__name__)


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
        self._pool = self._new_pool()
        others = [self._heartbeat(), self.application_checker()]
        others += [self.listener(channel) for channel in self.channels]
        tasks = [asyncio.create_task(other) for other in others]
        try:
            await self._pool.run()
        finally:
            for task in tasks:
                task.cancel()

    @property
    def is_stopping(self) -> bool:
        return self._pool.is_stopping

    def stop(self) -> None:
        """Take no new task. `arun` returns when those that run have ended, or their grace."""
        self._pool.stop()

    async def listener(self, channel: str) -> None:
        """Hand on what arrives. Unlike Channels' own, it survives what Redis or a sender does."""
        is_away = False
        while True:
            try:
                message = await self.channel_layer.receive(channel)
            except Exception as error:
                if not is_away:
                    logger.error("Channel %s cannot be heard: %r", channel, error)
                is_away = True
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if is_away:
                    logger.info("Channel %s is heard again.", channel)
                is_away = False
                await self._deliver(channel, message)

    async def _deliver(self, channel: str, message: Message) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            logger.error("A message on channel %s has no type: %.200r", channel, message)
            return
        scope = {"type": "channel", "channel": channel, "pool": self._pool}
        inbox = self.get_or_create_application_instance(channel, scope)
        inbox.put_nowait(message)
        while inbox.qsize() > INBOX_LENGTH:
            await asyncio.sleep(0.01)

    async def _heartbeat(self) -> None:
        while settings.WORKER_HEARTBEAT_FILE:
            Path(settings.WORKER_HEARTBEAT_FILE).touch()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _new_pool(self) -> Pool:
        name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        worker = Worker(id=uuid.uuid4(), name=name, concurrency=self._concurrency)
        queues = [queue for channel in self.channels if (queue := queue_of(channel))]
        return Pool(Ledger(worker, queues), self._concurrency, self._grace)
