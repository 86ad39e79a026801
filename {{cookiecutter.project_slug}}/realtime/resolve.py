"""Finding the consumer behind a path, as URLRouter does, but without running it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.urls import URLPattern

from .types import Application


def resolve(
    routes: Sequence[URLPattern], path: str
) -> tuple[Application, str, tuple[Any, ...], dict[str, Any]] | None:
    """Find the application of a path, through nested URLRouters; None where there is none.

    Also what remains of the path, for a router that a middleware hides, and the arguments.
    """
    for route in routes:
        match = route.pattern.match(path)
        if match is None:
            continue
        rest, args, kwargs = match
        kwargs = {**kwargs, **route.default_args}
        callback: Callable[..., Any] = route.callback
        if not getattr(callback, "_path_routing", False):
            return callback, rest, args, kwargs
        inner = resolve(callback.routes, rest)  # type: ignore[attr-defined]
        if inner is not None:
            application, rest, inner_args, inner_kwargs = inner
            return application, rest, args + inner_args, {**kwargs, **inner_kwargs}
    return None
