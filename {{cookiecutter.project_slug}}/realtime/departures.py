"""Channels that nobody receives from any more, and that nobody discarded from their groups."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 60.0  # a receiver may come back, as after a timeout


class Departures:
    """Calls `on_departure` for a channel whose receiver left. Channels itself never says so."""

    def __init__(self, on_departure: Callable[[str], None]) -> None:
        self._on_departure = on_departure
        self._receiving: set[str] = set()
        self._leaving: dict[str, asyncio.TimerHandle] = {}

    def watch(self, channel: str) -> None:
        """Let the channel go with the task that made it, unless another one receives from it.

        A consumer that ends while a message waits for it is not cancelled in receiving.
        """

        def ended(_: object) -> None:
            if channel not in self._receiving:
                self._note(channel)

        task = asyncio.current_task()
        if task is not None:
            task.add_done_callback(ended)

    @contextmanager
    def receiving(self, channel: str) -> Iterator[None]:
        self._forget(channel)
        self._receiving.add(channel)
        try:
            yield
        except asyncio.CancelledError:
            self._note(channel)
            raise
        finally:
            self._receiving.discard(channel)

    def _note(self, channel: str) -> None:
        self._forget(channel)
        loop = asyncio.get_running_loop()
        self._leaving[channel] = loop.call_later(PATIENCE_SECONDS, self._leave, channel)

    def _forget(self, channel: str) -> None:
        timer = self._leaving.pop(channel, None)
        if timer is not None:
            timer.cancel()

    def _leave(self, channel: str) -> None:
        del self._leaving[channel]
        self._on_departure(channel)
