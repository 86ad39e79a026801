"""A PostgreSQL of the tests' own, to be paused as they please."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from .live import HOST, paused
from .programs import free_port, require

DEBIAN = Path("/usr/lib/postgresql")


class PrivatePostgres:
    def __init__(self) -> None:
        places = [str(folder) for folder in sorted(DEBIAN.glob("*/bin"), reverse=True)]
        initdb = require("initdb", hint="on Debian, apt-get install postgresql", places=places)
        self._user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
        self._folder = Path(tempfile.mkdtemp())  # where that user may go, too
        if self._user:
            shutil.chown(self._folder, self._user)
        data = str(self._folder / "data")
        create = [initdb, "--auth=trust", "--username=site", "--no-sync", "-D", data]
        self._run(*create).wait(60)
        port = free_port()
        options = ["-p", str(port), "-h", HOST, "-k", str(self._folder), "-F"]
        server = str(Path(initdb).resolve().with_name("postgres"))
        self._command = [server, "-D", data, *options]
        self.url = f"postgres://site@{HOST}:{port}/postgres"
        self.start()

    def start(self) -> None:
        self.process = self._run(*self._command)
        self._wait_until_it_answers()

    def crash(self) -> None:
        """All connections break, and at the next start it recovers."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def new_database(self, name: str) -> str:
        """Create it. Returns its URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url.removesuffix("/postgres") + f"/{name}"

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL did not start"
                time.sleep(0.05)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No connection is answered until the end of the block, nor is a new one."""
        with paused(self.process.pid):  # first, or it would start more of them
            children = ["pgrep", "-P", str(self.process.pid)]
            found = subprocess.run(children, stdout=subprocess.PIPE, check=True)
            with paused(*map(int, found.stdout.split())):
                yield

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)  # at which it waits for no client
        self.process.wait(30)
        shutil.rmtree(self._folder)
