"""Channels whose messages are tasks, so that a consumer that fails is asked again.

https://channels.readthedocs.io/en/latest/topics/worker.html
"""

import asyncio
import logging

import django.db
from channels.consumer import SyncConsumer, get_handler_name
from django.utils.module_loading import import_string

from realtime.types import Message, Receive, Scope, Send

from .task import task

DATABASE_PAUSE_SECONDS = 1.0

logger = logging.getLogger(__name__)


class DurableConsumer(SyncConsumer):  # type: ignore[misc]
    """Handles a channel's messages as a SyncConsumer does, each in a task of its own.

    A message is safe once the worker has it. Before, it is as safe as Redis.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            try:
                await self._store(message)
            except Exception:
                logger.exception("A message on %s was refused.", scope["channel"])

    async def _store(self, message: Message) -> None:
        if not callable(getattr(self, get_handler_name(message), None)):
            raise ValueError(f"{type(self).__name__} has no handler for {message['type']!r}.")
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        while True:
            try:
                await handle.aenqueue(path, message)
            except django.db.OperationalError:
                await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            else:
                return


@task
def handle(consumer: str, message: Message) -> None:
    """Have a consumer handle one message of its channel."""
    instance = import_string(consumer)()
    getattr(instance, get_handler_name(message))(message)
