"""Start the workers, each with a queue and a database of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from .catalogue import OURS, SITE, Missing
from .machine import Cores, DidNotStart, Running, running, running_redis
from .postgres import running_postgres
from .queues import Messages, Queue, Rows
from .workers import FOLDER, Worker


@dataclass(frozen=True, eq=False)
class Services:
    """What all workers share, on a core of its own."""

    redis: Running
    postgres: Running

    @property
    def cpu_seconds(self) -> float:
        return self.redis.cpu_seconds + self.postgres.family_cpu_seconds

    def connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(self.database(name), autocommit=True)

    def database(self, name: str) -> str:
        return f"postgres://bench@127.0.0.1:{self.postgres.port}/{name}"

    def environment(self, name: str, number: int, traces: Path) -> dict[str, str]:
        return {
            **OURS,
            "DATABASE_URL": self.database(name),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{FOLDER}:{SITE}",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis.port}/{number}",
            "SECRET_KEY": "only-for-the-bench",
            "TRACES": str(traces),
        }


@dataclass(frozen=True, eq=False)
class Working:
    """A worker that runs."""

    peer: Worker
    programs: Sequence[Running]
    services: Services
    database: psycopg.Connection
    queue: Queue
    environment: dict[str, str]

    @property
    def program(self) -> Running:
        return self.programs[0]

    @property
    def traces(self) -> Path:
        return Path(self.environment["TRACES"])

    @property
    def cpu_seconds(self) -> float:
        return sum(program.family_cpu_seconds for program in self.programs)

    def is_ready(self) -> bool:
        """Whether it has run the task that waited when it was started."""
        return self.traces.stat().st_size > 0 and self.queue.is_settled(1)

    def empty(self) -> None:
        """As if it had run none."""
        self.queue.empty()
        self.database.execute("TRUNCATE effects_effect")
        self.traces.write_bytes(b"")

    def run(self, *command: str) -> str:
        """Run a script of the peers in the worker's environment; returns what it prints."""
        return run(self.environment, *command)


@contextmanager
def working(
    workers: Sequence[Worker], cores: Cores, scratch: Path
) -> Iterator[tuple[list[Working], dict[str, str]]]:
    """All workers at once, idle until tasks come, and why others could not be started."""
    with ExitStack() as stack:
        try:
            redis = stack.enter_context(running_redis(cores.load, scratch))
            postgres = stack.enter_context(running_postgres(cores.load, scratch))
            services = Services(redis, postgres)
            prepare(services, scratch)
        except (Missing, DidNotStart) as why:
            yield [], {"tasks": str(why)}
            return
        here: list[Working] = []
        skipped: dict[str, str] = {}
        for number, worker in enumerate(workers, start=1):
            if worker.processes > 1 + len(cores.spare):
                skipped[worker.name] = f"It needs {worker.processes + 1} cores."
            else:
                here.append(stack.enter_context(started(worker, number, services, cores, scratch)))
        for one in list(here):
            try:
                one.program.wait_until(one.is_ready)
                one.empty()
            except DidNotStart as why:
                skipped[one.peer.name] = f"It did not start: {why}"
                here.remove(one)
        yield here, skipped


def prepare(services: Services, scratch: Path) -> None:
    """Make the database of which each worker gets a copy. Raises Missing."""
    with services.connect("postgres") as server:
        server.execute("CREATE DATABASE tasks")
    run(services.environment("tasks", 0, scratch / "traces"), "prepare.py")
    with services.connect("tasks") as database:
        Rows.keep(database)


@contextmanager
def started(
    worker: Worker, number: int, services: Services, cores: Cores, scratch: Path
) -> Iterator[Working]:
    """With one task that waits for it, by which it will be seen to be ready."""
    with services.connect("postgres") as server:
        server.execute(f"CREATE DATABASE {worker.name} TEMPLATE tasks".encode())
    traces = scratch / f"{worker.name}.traces"
    traces.touch()
    environment = services.environment(worker.name, number, traces) | worker.environment
    with ExitStack() as stack:
        database = stack.enter_context(closing(services.connect(worker.name)))
        queue = Messages(services.redis.port, number) if worker.celery else Rows(database)
        queue.put("nothing", 1)
        programs = [
            stack.enter_context(
                running(
                    worker.command,
                    core=core,
                    port=0,
                    folder=worker.folder,
                    log=scratch / f"{worker.name}-{process}.log",
                    environment=environment,
                )
            )
            for process, core in enumerate((cores.servers, *cores.spare)[: worker.processes])
        ]
        yield Working(worker, programs, services, database, queue, environment)


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=FOLDER,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        raise Missing(f"{command[0]}: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return done.stdout
