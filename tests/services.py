"""Redis and PostgreSQL as private processes on free ports, gone after the test."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def require(*programs: str, places: Sequence[str] = (), package: str) -> str:
    """The path of the first that is there; with none the test is skipped, or fails in CI."""
    for program in programs:
        if path := shutil.which(program, path=os.pathsep.join([os.environ["PATH"], *places])):
            return path
    reason = f"{programs[0]} is not installed; on Debian: apt-get install {package}"
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        with closing(socket.socket()) as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"{process.args!r} does not answer on port {port}")


@contextmanager
def serving(command: list[str], port: int, user: str | None = None) -> Iterator[None]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, user=user)
        try:
            wait_for_port(port, process)
            yield
        finally:
            process.send_signal(signal.SIGINT)  # at which PostgreSQL does not wait for clients
            process.wait(30)


@contextmanager
def redis() -> Iterator[str]:
    """Yields the URL of an empty Redis."""
    port = free_port()
    server = require("redis-server", package="redis-server")
    with tempfile.TemporaryDirectory() as folder:
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
        with serving([server, *options], port):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgres() -> Iterator[str]:
    """Yields the URL of an empty PostgreSQL database."""
    port = free_port()
    places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    initdb = require("initdb", places=places, package="postgresql")
    postgres = str(Path(initdb).resolve().with_name("postgres"))
    user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
    with tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        initialise = [initdb, "--auth=trust", "--username=site", "--encoding=UTF8", "-D", data]
        subprocess.run(initialise, check=True, user=user, stdout=subprocess.DEVNULL, cwd=folder)
        options = ["-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"]
        with serving([postgres, *options], port, user):
            yield f"postgres://site@127.0.0.1:{port}/postgres"
