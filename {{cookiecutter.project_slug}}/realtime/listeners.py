"""Callbacks that hear groups inside this process, without a channel of their own."""

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .types import Message

logger = logging.getLogger(__name__)

type OnMessage = Callable[[Message], None]
type OnReconnect = Callable[[], None]
type Stop = Callable[[], None]


class _Listener(NamedTuple):
    on_message: OnMessage
    on_reconnect: OnReconnect | None


class Listeners:
    """Who listens to what. One that fails is logged and keeps nothing from the others."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[object, _Listener]] = {}

    def __contains__(self, group: object) -> bool:
        return group in self._groups

    def add(self, group: str, on_message: OnMessage, on_reconnect: OnReconnect | None) -> Stop:
        """Returns what ends it; calling that again does nothing."""
        key = object()
        self._groups.setdefault(group, {})[key] = _Listener(on_message, on_reconnect)

        def stop() -> None:
            listeners = self._groups.get(group, {})
            if listeners.pop(key, None) and not listeners:
                del self._groups[group]

        return stop

    def deliver(self, group: str, message: Message) -> None:
        """Everybody gets the same message, so nobody may change it."""
        for listener in list(self._groups.get(group, {}).values()):
            try:
                listener.on_message(message)
            except Exception:
                logger.exception("A listener failed.")

    def reconnected(self, groups: Iterable[str]) -> None:
        """Tell who listens to these groups that messages may have been lost."""
        for group in list(groups):
            for listener in list(self._groups.get(group, {}).values()):
                try:
                    if listener.on_reconnect:
                        listener.on_reconnect()
                except Exception:
                    logger.exception("A listener failed.")
