"""Programs that tests start. A machine may lack one: its tests are skipped, or fail in CI."""

import os
import secrets
import shutil
import socket
from collections.abc import Iterable

import pytest


def require(*names: str, hint: str, places: Iterable[str] = ()) -> str:
    """The path of the first of these programs that is here, on the PATH or in other places.

    Skips the test where there is none, and says how to get it; fails it if REQUIRE_ALL=1.
    """
    for name in names:
        if path := shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *places])):
            return path
    reason = f"{names[0]} is not here: {hint}"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A port below those that the system gives to whoever connects to something meanwhile."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
