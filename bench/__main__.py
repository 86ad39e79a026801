"""python -m bench [--quick]: all peers, one run, one table. README.md says how to read it."""

import argparse
import asyncio
import gc
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
import uvloop

from .catalogue import CATALOGUE, Peer
from .machine import Cores, allow_many_sockets
from .plot import plot
from .report import report
from .results import Plan, Results, this_machine
from .servers import serving
from .workloads import WORKLOADS

FULL = Plan(seconds=540, rounds=3, saturate=2.0, offer=2.5, crowd=1000, storms=2)
QUICK = Plan(seconds=55, rounds=2, saturate=0.4, offer=0.4, crowd=200, storms=0)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    names = options.peers or [peer.name for peer in CATALOGUE if peer.quick or not options.quick]
    peers = [peer for peer in CATALOGUE if peer.name in names]
    cores = Cores.of_this_machine()
    if not cores.separate:
        print("One core for all: the client takes its part of it, so only the ratios mean much.")
    allow_many_sockets()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Terminated."))  # by way of the clean-up
    if cores.load is not None:
        psutil.Process().cpu_affinity([cores.load])
    begin = time.monotonic()
    plan = QUICK if options.quick else FULL
    results = Results(plan, datetime.now(UTC).isoformat(timespec="seconds"), this_machine())
    with (
        tempfile.TemporaryDirectory(prefix="bench.") as scratch,
        serving(peers, cores, Path(scratch)) as (servers, skipped),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        results.skipped |= skipped
        gc.disable()  # or a pause here would pass for a slow peer
        for name, deadline in deadlines(options.workloads, begin + plan.seconds):
            print(f"{time.monotonic() - begin:4.0f} s  {name}", flush=True)
            workload, _ = WORKLOADS[name]
            runner.run(workload(servers, plan, results, deadline))
            gc.collect()
    write(results, peers, options.output, "quick" if options.quick else "full")
    print(f"{time.monotonic() - begin:4.0f} s  done\n\n{report(results, peers)}")


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
    names = [peer.name for peer in CATALOGUE]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute instead of ten")
    parser.add_argument("--peers", nargs="+", choices=names, metavar="NAME")
    parser.add_argument(
        "--workloads", nargs="+", choices=list(WORKLOADS), default=list(WORKLOADS), metavar="NAME"
    )
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
