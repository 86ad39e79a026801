"""Channels that nobody receives from any more, and that nobody discarded from their groups."""

import time
from collections.abc import Iterator

PATIENCE_SECONDS = 60.0  # a receiver may come back, as after a timeout


class Departures:
    """Remembers when a channel's receiver was cancelled. Channels itself never says so."""

    def __init__(self) -> None:
        self._left: dict[str, float] = {}  # in the order of time

    def note(self, channel: str) -> None:
        self._left.pop(channel, None)
        self._left[channel] = time.monotonic()

    def forget(self, channel: str) -> None:
        self._left.pop(channel, None)

    def overdue(self) -> Iterator[str]:
        """Take out the channels that were left too long ago."""
        limit = time.monotonic() - PATIENCE_SECONDS
        while self._left:
            channel, left = next(iter(self._left.items()))
            if left > limit:
                return
            del self._left[channel]
            yield channel
