"""A database on which tasks wait, and the processes that enqueue and run them."""

import itertools
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any, Self

import psycopg

from tests.live import SITE, LiveProcess, environment, working

PATIENCE = 90.0  # seconds, after which it will never happen
TABLES = """
CREATE TABLE traces (number int, what text, seconds double precision);
CREATE TABLE payments (key text PRIMARY KEY);
CREATE TABLE account (balance int);
"""
EMPTY = """
DELETE FROM worker_taskstate;
DELETE FROM django_tasks_database_dbtaskresult;
DELETE FROM worker_schedule;
DELETE FROM traces;
DELETE FROM payments;
DELETE FROM account;
INSERT INTO account VALUES (0);
"""
RUN_EACH_LINE = """
import json, sys
from django.db import connections
from tests.faults import tasks
for line in sys.stdin:
    exec(json.loads(line))
    connections.close_all()
    print(flush=True)
"""


def until(is_so: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "It never happened."
        time.sleep(0.1)


class TaskSite:
    """The site's tables and those of tasks.py. No process but those of the test works on them."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        self._database_url = database_url
        self._env = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        self._folder = folder
        self._numbers = itertools.count(1)

    @contextmanager
    def created(self) -> Iterator[Self]:
        """With its tables, and with a process that enqueues."""
        options: Any = {"cwd": SITE, "env": environment(**self._env), "text": True}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, check=True, **options)
        self._execute(TABLES)
        self.empty()
        shell = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", RUN_EACH_LINE]
        with subprocess.Popen(shell, stdin=PIPE, stdout=PIPE, **options) as self._shell:
            yield self

    def empty(self) -> None:
        self._execute(EMPTY)

    def run(self, code: str) -> None:
        """Run Python in another process, with `tasks` imported: to enqueue, as one of the web."""
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(json.dumps(code) + "\n")
        self._shell.stdin.flush()
        assert self._shell.stdout.readline(), "It raised what stderr says."

    @contextmanager
    def worker(self, **env: str) -> Iterator[LiveProcess]:
        """A worker. runworker.py says what the environment may change."""
        log = self._folder / f"worker-{next(self._numbers)}.log"
        program = ("-m", "tests.faults.runworker")
        with working(log, program, **self._env, **env) as worker:
            yield worker

    @contextmanager
    def workers(self, *envs: dict[str, str]) -> Iterator[list[LiveProcess]]:
        """One with each of these environments, started together."""
        with ExitStack() as stack, ThreadPoolExecutor() as threads:
            started = [threads.submit(stack.enter_context, self.worker(**env)) for env in envs]
            yield [future.result() for future in started]

    def query(self, sql: str) -> list[Any]:
        """With {rows} for the table of tasks, and {states} for the one of their states."""
        sql = sql.format(rows="django_tasks_database_dbtaskresult", states="worker_taskstate")
        with closing(self._connect()) as connection:
            return list(connection.execute(sql))

    def statuses(self) -> Counter[str]:
        """How many tasks are in which state."""
        return Counter(dict(self.query("SELECT status, count(*) FROM {rows} GROUP BY status")))

    def most_attempts(self) -> int:
        [[attempts]] = self.query("SELECT max(attempts) FROM {states}")
        return int(attempts)

    def traces(self, what: str) -> Counter[int]:
        """How often each number left such a trace."""
        return Counter(
            n for n, kind in self.query("SELECT number, what FROM traces") if kind == what
        )

    def balance(self) -> int:
        """How many payments were taken."""
        [[balance]] = self.query("SELECT balance FROM account")
        return int(balance)

    def until_done(self, number: int, seconds: float = PATIENCE) -> None:
        """Wait until so many tasks have succeeded, and none is left."""
        until(lambda: self.statuses() == {"SUCCESSFUL": number}, seconds)

    def _connect(self) -> Any:
        if self._database_url.startswith("sqlite:///"):
            path = self._database_url.removeprefix("sqlite:///")
            return sqlite3.connect(path, timeout=20, autocommit=True)
        return psycopg.connect(self._database_url, autocommit=True)

    def _execute(self, statements: str) -> None:
        with closing(self._connect()) as connection:
            for statement in statements.split(";")[:-1]:
                connection.execute(statement)


class Crew:
    """So many workers, each of which is replaced when it ends, as by a supervisor."""

    def __init__(self, site: TaskSite, number: int, **env: str) -> None:
        self._site = site
        self._env = env
        self._number = number
        self.killed = 0
        self._alive: list[LiveProcess] = []  # those that have started, the oldest first
        self._is_over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the end of the block, which begins when all have started."""
        with ThreadPoolExecutor(self._number) as supervisors:
            supervising = [supervisors.submit(self._supervise) for _ in range(self._number)]
            try:
                while len(self._alive) < self._number and not any(map(Future.done, supervising)):
                    time.sleep(0.05)
                yield
            finally:
                self._is_over.set()
                for future in supervising:
                    future.result()

    def kill_one(self) -> None:
        """By SIGKILL, the one that has lived longest."""
        if self._alive:
            self._alive.pop(0).process.kill()
            self.killed += 1

    def _supervise(self) -> None:
        while not self._is_over.is_set():
            with self._site.worker(**self._env) as worker:
                self._alive.append(worker)
                while worker.process.poll() is None and not self._is_over.wait(0.05):
                    pass
