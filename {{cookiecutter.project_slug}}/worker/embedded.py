"""The worker inside the serving process, for a site without Redis."""

import asyncio
import logging
import sys
from collections.abc import Iterable

from channels.layers import get_channel_layer
from django.conf import settings

from realtime.types import Application

from .server import TaskServer

logger = logging.getLogger(__name__)

_running: set[asyncio.Task[None]] = set()  # the event loop itself holds tasks only weakly


def run_worker_in_this_process(application: Application, channels: Iterable[str]) -> None:
    """Start the worker together with Daphne, if the channel layers reach no other process.

    Nothing happens in processes that import the application without serving it: there, the
    reactor never runs.
    """
    if settings.EMBEDDED_WORKER and "twisted.internet.reactor" in sys.modules:
        from twisted.internet import reactor

        reactor.callWhenRunning(_start, application, list(channels))


def _start(application: Application, channels: list[str]) -> None:
    _running.add(asyncio.get_event_loop().create_task(_serve(application, channels)))


async def _serve(application: Application, channels: list[str]) -> None:
    while True:
        try:
            await TaskServer(application, channels, get_channel_layer("queue")).arun()
        except Exception:
            logger.exception("The worker failed; it starts again.")
        await asyncio.sleep(1)
