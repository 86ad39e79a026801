"""The worker inside the serving process, for a site without Redis."""

import asyncio
import logging
import sys
from typing import Any

from channels.layers import get_channel_layer
from channels.routing import ChannelNameRouter
from django.conf import settings

from realtime.types import Receive, Scope, Send

from .server import TaskServer

GRACE_SECONDS = 1.0  # whoever stops a development server does not want to wait

logger = logging.getLogger(__name__)


class EmbeddedWorker:
    """Runs the worker of these channels while the server runs, if no other process hears of them.

    An ASGI application for the protocol `lifespan`, by which uvicorn says that it starts and
    stops (https://asgi.readthedocs.io/en/latest/specs/lifespan.html). Daphne does not speak it,
    so its reactor is asked.
    """

    def __init__(self, channels: ChannelNameRouter) -> None:
        self._channels = channels
        self._serving: asyncio.Task[None] | None = None
        reactor: Any = sys.modules.get("twisted.internet.reactor")  # where Daphne installed it
        if settings.EMBEDDED_WORKER and reactor:
            reactor.callWhenRunning(self._start)  # never, where the application is only imported
            reactor.addSystemEventTrigger("before", "shutdown", self._stop_with_daphne)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if settings.EMBEDDED_WORKER:
            self._start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        self._serving = asyncio.get_event_loop().create_task(self._serve())

    async def _serve(self) -> None:
        layer, names = get_channel_layer("queue"), list(self._channels.application_mapping)
        while True:
            self._server = TaskServer(
                self._channels, names, layer, settings.WORKER_CONCURRENCY, GRACE_SECONDS
            )
            try:
                await self._server.arun()
            except Exception:
                logger.exception("The worker failed; it starts again.")
                await asyncio.sleep(1)
            else:
                return

    async def _stop(self) -> None:
        if self._serving is not None:
            self._server.stop()
            await asyncio.wait([self._serving], timeout=2 * GRACE_SECONDS)

    def _stop_with_daphne(self) -> Any:
        from twisted.internet.defer import Deferred

        return Deferred.fromFuture(asyncio.ensure_future(self._stop()))
