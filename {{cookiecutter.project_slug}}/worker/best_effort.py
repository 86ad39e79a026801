"""Messages that may be lost: they hold nobody up, and the log says once that Redis is away."""

import logging
import time
from weakref import WeakKeyDictionary

from channels.layers import BaseChannelLayer, get_channel_layer

from realtime.background_loop import run_from_sync
from realtime.groups import Channel, Group
from realtime.types import Message

PATIENCE_SECONDS = 0.5  # with a Redis that hangs
PAUSE_SECONDS = 2.0  # in which it is not asked again

logger = logging.getLogger(__name__)

_ask_again_at: WeakKeyDictionary[BaseChannelLayer, float] = WeakKeyDictionary()


def send_if_possible(target: Channel | Group, message: Message) -> None:
    """Send from synchronous code, unless that has just failed. What the layer raises is logged."""
    layer = get_channel_layer(target.alias)
    if time.monotonic() < _ask_again_at.get(layer, 0.0):
        return
    try:
        run_from_sync(target.asend, PATIENCE_SECONDS, message)
    except Exception as error:
        if layer not in _ask_again_at:
            logger.warning("Nobody can be told of tasks by the layer %s: %r", target.alias, error)
        _ask_again_at[layer] = time.monotonic() + PAUSE_SECONDS
    else:
        if _ask_again_at.pop(layer, None) is not None:
            logger.info("The layer %s works again.", target.alias)
