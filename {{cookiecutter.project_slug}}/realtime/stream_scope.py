"""The scope of a stream: its own, but for who is signed in."""

from typing import Any

from django.utils.functional import LazyObject

from .types import Scope


class StreamScope(dict[str, Any]):
    """A copy of the socket's scope that shares its `user`.

    So `channels.auth.login()` and `logout()` in one stream are seen by its siblings.
    """

    def __init__(self, socket: Scope, own: Scope) -> None:
        super().__init__(socket, **own)
        if "path_remaining" not in own:
            self.pop("path_remaining", None)  # or a URLRouter inside would go by the socket's
        self._socket = socket

    def __getitem__(self, key: str) -> Any:
        return self._socket["user"] if key == "user" else super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self._socket.get(key, default) if key == "user" else super().get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        if key != "user":
            super().__setitem__(key, value)
            return
        shared = self._socket.get("user")
        if isinstance(
            shared, LazyObject
        ):  # as AuthMiddleware has it: change it for all who hold it
            shared._wrapped = value._wrapped if isinstance(value, LazyObject) else value
        else:
            self._socket["user"] = value
