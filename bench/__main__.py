"""python -m bench [--quick]: all peers, one run, one table. README.md says how to read it."""

import argparse
import asyncio
import gc
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import uvloop

from .catalogue import CATALOGUE, Peer
from .durable import DURABLE, durable
from .machine import Cores, allow_many_sockets
from .plot import plot
from .report import report
from .results import Plan, Results, this_machine
from .servers import serving
from .stores import STORES
from .tasks import TASKS, tasks
from .workers import WORKERS, Worker
from .working import working
from .workloads import WORKLOADS

FULL = Plan(
    seconds=400,
    rounds=3,
    saturate=2.0,
    offer=2.5,
    crowd=1000,
    storms=2,
    store_seconds=90,
    store=1.0,
    returning=500,
    task_seconds=60,
    tasks=10_000,
    drain=1.5,
    starts=200,
    starts_per_second=50,
)
QUICK = Plan(seconds=48, rounds=2, saturate=0.4, offer=0.4, crowd=200, storms=0)
ALL: list[Peer | Worker] = [*CATALOGUE, *STORES, *WORKERS]


@dataclass(frozen=True)
class Run:
    plan: Plan
    results: Results
    cores: Cores
    scratch: Path
    begin: float

    def rooms(self, peers: Sequence[Peer], names: Sequence[str]) -> None:
        end = time.monotonic() + self.plan.seconds
        with (
            serving(peers, self.cores, self.scratch) as (servers, skipped),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            self.results.skipped.update(skipped)
            for name, deadline in deadlines(names, end):
                self.say(name)
                workload, _ = WORKLOADS[name]
                runner.run(workload(servers, self.plan, self.results, deadline))
                gc.collect()

    def durable(self, peers: Sequence[Peer]) -> None:
        end = time.monotonic() + self.plan.store_seconds
        self.say(DURABLE)
        with (
            serving(peers, self.cores, self.scratch, self.plan.returning) as (servers, skipped),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            self.results.skipped.update(skipped)
            runner.run(durable(servers, self.plan, self.results, end))
            gc.collect()

    def tasks(self, workers: Sequence[Worker]) -> None:
        end = time.monotonic() + self.plan.task_seconds
        self.say(TASKS)
        with working(workers, self.cores, self.scratch) as (here, skipped):
            self.results.skipped.update(skipped)
            tasks(here, self.plan, self.results, end)

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.begin:4.0f} s  {what}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    names = options.peers or [each.name for each in ALL if each.quick or not options.quick]
    peers = [peer for peer in CATALOGUE if peer.name in names]
    stores = [peer for peer in STORES if peer.name in names]
    workers = [worker for worker in WORKERS if worker.name in names]
    of_rooms = [name for name in options.workloads if name in WORKLOADS]
    cores = Cores.of_this_machine()
    if not cores.separate:
        print("One core for all: the client takes its part of it, so only the ratios mean much.")
    allow_many_sockets()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Terminated."))  # by way of the clean-up
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell had it ignored
    if cores.load is not None:
        psutil.Process().cpu_affinity([cores.load])
    plan = QUICK if options.quick else FULL
    results = Results(plan, datetime.now(UTC).isoformat(timespec="seconds"), this_machine())
    gc.disable()  # or a pause here would pass for a slow peer
    with tempfile.TemporaryDirectory(prefix="bench.") as scratch:
        run = Run(plan, results, cores, Path(scratch), begin=time.monotonic())
        if peers and of_rooms:
            run.rooms(peers, of_rooms)
        if stores and DURABLE in options.workloads:
            run.durable(stores)
        if workers and TASKS in options.workloads:
            run.tasks(workers)
    write(results, peers, options.output, "quick" if options.quick else "full")
    run.say(f"done\n\n{report(results, peers)}")


def deadlines(names: Sequence[str], end: float) -> Iterator[tuple[str, float]]:
    """When each should leave rounds out, for its share of what time is left when it begins."""
    for done, name in enumerate(names):
        shares = [share for _, share in map(WORKLOADS.__getitem__, names[done:])]
        now = time.monotonic()
        yield name, now + (end - now) * shares[0] / sum(shares)


def write(results: Results, peers: Sequence[Peer], folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(results.as_json())
    (folder / f"{name}.svg").write_text(plot(results, peers))
    print(f"Written: {folder / name}.json and .svg")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [each.name for each in ALL]
    workloads = [*WORKLOADS, DURABLE, TASKS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute and a half, not ten")
    parser.add_argument("--peers", nargs="+", choices=names, metavar="NAME")
    parser.add_argument(
        "--workloads", nargs="+", choices=workloads, default=workloads, metavar="NAME"
    )
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
