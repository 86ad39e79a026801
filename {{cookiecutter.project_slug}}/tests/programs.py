"""Programs that a machine may lack: without one its tests are skipped, or fail in CI."""

import os
import shutil

import pytest


def require(*names: str, hint: str) -> str:
    """The path of the first of these programs that is here.

    Skips the test where there is none, and says how to get it; fails it if REQUIRE_ALL=1.
    """
    for name in names:
        if path := shutil.which(name):
            return path
    reason = f"{names[0]} is not here: {hint}"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
