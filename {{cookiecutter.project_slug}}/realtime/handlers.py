import functools
import inspect
from typing import Any

from channels.consumer import get_handler_name


def handler_of(consumer: type, message_type: str) -> tuple[str, bool]:
    """The name of a consumer's method for a type of message, and whether it is async.

    Raises ValueError if there is none.
    """
    return _look_up(consumer, message_type)


@functools.lru_cache(maxsize=1024)
def _look_up(consumer: Any, message_type: str) -> tuple[str, bool]:
    name: str = get_handler_name({"type": message_type})
    method = getattr(consumer, name, None)
    if method is None:
        raise ValueError(f"{consumer.__name__} has no handler for {message_type!r}.")
    return name, inspect.iscoroutinefunction(method)
