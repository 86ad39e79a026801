import inspect
from typing import NamedTuple

from channels.consumer import get_handler_name


class Handler(NamedTuple):
    name: str
    is_async: bool


_known: dict[tuple[type, str], Handler] = {}


def handler_of(consumer: type, message_type: str) -> Handler:
    """A consumer's method for a type of message. Raises ValueError if there is none."""
    handler = _known.get((consumer, message_type))
    if handler is None:
        name: str = get_handler_name({"type": message_type})
        method = getattr(consumer, name, None)
        if method is None:
            raise ValueError(f"{consumer.__name__} has no handler for {message_type!r}.")
        handler = Handler(name, inspect.iscoroutinefunction(method))
        _known[consumer, message_type] = handler
    return handler
