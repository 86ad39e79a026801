"""What was measured: every run, the medians, and where it was."""

import json
import platform
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Protocol

import psutil
import psycopg

from . import postgres
from .catalogue import Missing
from .machine import DidNotStart, Running
from .rooms import Wrong

type Figures = dict[str, float]

LIBRARIES = (
    *("django", "channels", "channels-redis", "daphne", "twisted", "autobahn", "redis"),
    *("uvicorn", "uvloop", "websockets", "python-socketio", "fastapi", "broadcaster", "picows"),
    *("django-tasks-db", "celery", "psycopg"),
)


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Measured(Protocol):
    """A server or a worker."""

    @property
    def peer(self) -> Named: ...

    @property
    def program(self) -> Running: ...


@dataclass(frozen=True)
class Plan:
    seconds: float  # in all, about; rounds are left out where it takes longer
    rounds: int
    saturate: float  # seconds
    offer: float  # seconds
    crowd: int  # sockets that connect and then only wait
    storms: int  # times that as many connect again
    # Messages that are stored; here and below, in a quick run
    store_seconds: float = 18  # as `seconds`
    store: float = 0.4  # as `saturate`
    returning: int = 200  # sockets that come back after a restart
    # Tasks
    task_seconds: float = 15  # as `seconds`
    tasks: int = 1000  # that wait for a worker
    drain: float = 0.5  # seconds in which it runs of them what it can
    starts: int = 20  # that are enqueued one by one,
    starts_per_second: float = 10


@dataclass
class Results:
    plan: Plan
    measured: str = ""  # when
    machine: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)  # peer or workload -> why
    errors: dict[tuple[str, str], str] = field(default_factory=dict)  # (workload, peer) -> what
    runs: list[tuple[str, str, Figures]] = field(default_factory=list)

    def add(self, workload: str, measured: Measured, figures: Figures) -> None:
        self.runs.append((workload, measured.peer.name, figures))

    @contextmanager
    def noting(self, workload: str, measured: Measured) -> Iterator[None]:
        """Keep what goes wrong in the block in place of this peer's figures."""
        try:
            yield
        except (Wrong, DidNotStart, Missing, OSError, psutil.Error, psycopg.Error) as error:
            self.errors[workload, measured.peer.name] = f"{error} {measured.program.last_words}"

    def without_errors[M: Measured](self, workload: str, measured: Sequence[M]) -> list[M]:
        return [each for each in measured if (workload, each.peer.name) not in self.errors]

    def median(self, workload: str, peer: str) -> Figures:
        """The median of each figure over the rounds; empty where the peer was wrong."""
        if (workload, peer) in self.errors:
            return {}
        found: defaultdict[str, list[float]] = defaultdict(list)
        for of_workload, of_peer, figures in self.runs:
            if (of_workload, of_peer) == (workload, peer):
                for name, value in figures.items():
                    found[name].append(value)
        return {name: median(values) for name, values in found.items()}

    def slowest(self, workload: str) -> float:
        """Deliveries a second of the slowest peer; 0 where none delivered."""
        medians = (self.median(load, peer) for load, peer, _ in self.runs if load == workload)
        return min((found["deliveries_per_second"] for found in medians if found), default=0)

    def as_json(self) -> str:
        medians: defaultdict[str, dict[str, Figures]] = defaultdict(dict)
        for load, peer, _ in self.runs:
            medians[load][peer] = self.median(load, peer)
        content = {
            "measured": self.measured,
            "machine": self.machine,
            "plan": asdict(self.plan),
            "skipped": self.skipped,
            "errors": [[*key, why] for key, why in self.errors.items()],
            "medians": medians,
            "runs": [{"workload": load, "peer": peer, **found} for load, peer, found in self.runs],
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Results":
        content = json.loads(text)
        return cls(
            plan=Plan(**content["plan"]),
            skipped=content["skipped"],
            errors={(load, peer): why for load, peer, why in content["errors"]},
            runs=[(run.pop("workload"), run.pop("peer"), run) for run in content["runs"]],
            measured=content["measured"],
            machine=content["machine"],
        )


def this_machine() -> dict[str, str]:
    info = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": str(len(names) or "?"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "node": first_line("node", "--version").removeprefix("v"),
        "postgresql": first_line(postgres.program("postgres") or "postgres", "--version")
        .removeprefix("postgres (PostgreSQL) ")
        .partition(" ")[0],
        "redis-server": first_line("redis-server", "--version")
        .removeprefix("Redis server v=")
        .partition(" ")[0],
        **{name: version(name) for name in LIBRARIES},
    }


def first_line(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return "missing"
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    return done.stdout.partition("\n")[0]
