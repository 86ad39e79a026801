"""The site as a process of its own, under a real server: see docs/testing.md."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import User

from .programs import free_port

type Kind = Literal["daphne", "uvicorn"]

HOST = "127.0.0.1"
SITE = Path(__file__).parent.parent
START_SECONDS = 60.0  # on a busy machine
RUNWORKER = ("manage.py", "runworker")


class LiveProcess:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, and return the code with which it has ended."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)

    @property
    def memory(self) -> int:
        """The bytes that the process holds in memory."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            pytest.skip("The memory of a process is read from /proc, which only Linux has.")
        kilobytes = re.search(r"^VmRSS:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        assert kilobytes, "The process has ended."
        return int(kilobytes[1]) * 1024


class LiveServer(LiveProcess):
    """A server that runs. Paths are such as `/ws/`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, kind: Kind, port: int) -> None:
        super().__init__(process, log)
        self.kind = kind
        self.port = port

    def url(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://{HOST}:{self.port}{path}"

    def get(self, path: str) -> Any:
        """What a path answers as JSON."""
        with urllib.request.urlopen(self.url(path), timeout=START_SECONDS) as response:
            return json.load(response)


@contextmanager
def paused(*processes: int) -> Iterator[None]:
    """Nothing runs in these processes until the end of the block."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@contextmanager
def serving(
    log: Path,
    kind: Kind = "daphne",
    application: str = "config.asgi:application",
    **env: str,
) -> Iterator[LiveServer]:
    """Serve the site as in production; without `DATABASE_URL`, on the database of the tests.

    `PORT` chooses one, such as that of a server that was there before.
    What a test writes is visible to it if it is committed, as with `transactional_db`.
    """
    port = int(env.get("PORT", 0)) or free_port()
    with _running(["-m", *_command(kind, application, port)], log, env) as process:
        server = LiveServer(process, log, kind, port)
        wait_for(server.url("/healthz"), process)
        yield server


@contextmanager
def working(log: Path, program: Sequence[str] = RUNWORKER, **env: str) -> Iterator[LiveProcess]:
    """Run the site's worker, on the database of the tests. A test may end it."""
    heartbeat = log.with_suffix(".heartbeat")
    own = {"WORKER_HEARTBEAT_FILE": str(heartbeat), **env}
    with _running(program, log, own) as process:
        deadline = time.monotonic() + START_SECONDS
        while not heartbeat.exists():
            assert process.poll() is None, "The worker has ended."
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield LiveProcess(process, log)


@contextmanager
def _running(
    arguments: Sequence[str], log: Path, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=SITE,
            env=environment(**env),
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.kill()  # which also ends one that is paused
        process.wait(START_SECONDS)
        print(log.read_text())  # pytest shows it where the test fails


def environment(**env: str) -> dict[str, str]:
    """That of a production site, on the database of the tests."""
    own = {
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": database_url(),
        "DEBUG": "off",
        "REDIS_URL": "",
        "SECRET_KEY": settings.SECRET_KEY,  # so a test can sign people in
        "SECURE_SSL_REDIRECT": "off",
    }
    return {**os.environ, **own, **env}


def _command(kind: Kind, application: str, port: int) -> list[str]:
    if kind == "uvicorn":
        options = ["--ws", "realtime.uvicorn_protocol:CorkedProtocol", "--ws-max-size", "262144"]
        options += ["--host", HOST, "--port", str(port), "--log-level", "warning"]
        return ["uvicorn", *options, application]
    dockerfile = (SITE / "Dockerfile").read_text().replace("\\\n", "")
    [command] = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    changes = {"0.0.0.0": HOST, "8000": str(port), "config.asgi:application": application}
    return [changes.get(word, word) for word in json.loads(command)]


def database_url() -> str:
    """The database of this test, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def cookie_of(user: User) -> str:
    """A session's cookie, as the header `Cookie` has it."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Until the URL answers with success."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process is None or process.poll() is None, "The server has ended."
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
