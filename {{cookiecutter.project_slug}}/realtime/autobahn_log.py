"""Daphne without the log lines that nobody reads.

For each frame that it sends, Autobahn (Daphne's WebSocket library) prepares a debug line, in
colours where `click` is installed, and another of all its options for each connection.
docs/decisions/quiet-autobahn.md has the figures.
"""

import logging
from typing import Any

from autobahn.websocket import protocol

logger = logging.getLogger(__name__)


def prepare_no_log_lines() -> None:
    """Replace the functions that make words of values."""
    for name in ("hltype", "hlval", "pformat"):
        if hasattr(protocol, name):
            setattr(protocol, name, _as_it_is)
        else:
            logger.warning("Autobahn has no %s any more: %s is of no use.", name, __name__)


def _as_it_is(value: Any, *_: Any, **__: Any) -> Any:
    return value
