"""Channels' worker, with a sweep for rows whose message was lost or whose time has come."""

import asyncio
from pathlib import Path

from channels.worker import Worker
from django.conf import settings

SWEEP_SECONDS = 5


class TaskServer(Worker):  # type: ignore[misc]
    """Channels' worker, which also looks after itself and its rows."""

    async def handle(self) -> None:
        # In a group, the first listener to fail ends the worker, so that whatever supervises
        # it starts it again; Channels' own goes on with the channels that are left.
        async with asyncio.TaskGroup() as group:
            for channel in self.channels:
                group.create_task(self.listener(channel))
            group.create_task(self._sweep())

    async def _sweep(self) -> None:
        scope = {"type": "channel", "channel": "tasks"}
        while True:
            inbox = self.get_or_create_application_instance("tasks", scope)
            if inbox.empty():
                inbox.put_nowait({"type": "tasks.wake"})
            if settings.WORKER_HEARTBEAT_FILE:
                Path(settings.WORKER_HEARTBEAT_FILE).touch()
            await asyncio.sleep(SWEEP_SECONDS)
