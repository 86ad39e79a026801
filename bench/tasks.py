"""What the workers do: start single tasks, and drain a queue on which thousands wait."""

import json
import math
import struct
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from .measure import percentile
from .results import Figures, Plan, Results
from .rooms import Wrong
from .working import Working
from .workloads import rounds

TASKS = "tasks"  # the name of this workload
KINDS = ("store", "nothing")
PATIENCE_SECONDS = 10  # without news, after which there will be none
LOOK_SECONDS = 0.02

TRACE = struct.Struct("=Idd")  # as in peers/tasks/effects/work.py


class Trace(NamedTuple):
    number: int
    began: float
    ended: float


def tasks(workers: Sequence[Working], plan: Plan, results: Results, deadline: float) -> None:
    for worker in workers:
        with results.noting(TASKS, worker):
            if worker.peer.soon:
                results.add(TASKS, worker, start(worker, plan.starts, plan.starts_per_second))
    for _ in rounds(plan.rounds, deadline):
        for worker in results.without_errors(TASKS, workers):
            with results.noting(TASKS, worker):
                for kind in KINDS:
                    results.add(TASKS, worker, drain(worker, kind, plan.tasks, plan.drain))
    for worker in results.without_errors(TASKS, workers):
        if worker.peer.to_the_end:
            with results.noting(TASKS, worker):
                found = drain(worker, "store", plan.tasks, math.inf)
                results.add(TASKS, worker, {"all_seconds": found["store_seconds"]})


def start(worker: Working, number: int, rate: float) -> Figures:
    """How long after the call that enqueues it a task begins, while the worker has little to do."""
    how = ("celery_app", "delay") if worker.peer.celery else ("effects.tasks", "enqueue")
    # The first one is not counted: its caller has to connect.
    called = json.loads(worker.run("enqueue.py", *how, str(number + 1), str(rate)))
    began = {trace.number: trace.began for trace in settle(worker, number + 1)}
    waited = sorted(1000 * (began[task] - called[task]) for task in range(1, number + 1))
    return {"start_p50_ms": percentile(waited, 50), "start_p99_ms": percentile(waited, 99)}


def drain(worker: Working, kind: str, number: int, seconds: float) -> Figures:
    """Tasks a second while so many wait. Those that wait after `seconds` are taken back."""
    worker.queue.put(kind, number)
    cpu, services = worker.cpu_seconds, worker.services.cpu_seconds
    worker.program.wait_until(lambda: traced(worker) > 0)
    await_traces(worker, number, seconds)
    cpu, services = worker.cpu_seconds - cpu, worker.services.cpu_seconds - services
    ended = traced(worker)
    traces = settle(worker, number - worker.queue.take_back(), rows=kind == "store")
    took = max(trace.ended for trace in traces) - min(trace.began for trace in traces)
    return {
        f"{kind}_per_second": len(traces) / took,
        f"{kind}_seconds": took,
        f"{kind}_cpu_ms": 1000 * cpu / ended,
        f"{kind}_services_cpu_ms": 1000 * services / ended,
    }


def settle(worker: Working, ran: int, *, rows: bool = False) -> list[Trace]:
    """What was done, once so many tasks have ended, each once. Then it is as if none had been."""
    await_traces(worker, ran, math.inf)
    end = time.monotonic() + PATIENCE_SECONDS
    while not (settled := worker.queue.is_settled(ran)) and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
    rest(worker)
    traces = [Trace(*found) for found in TRACE.iter_unpack(worker.traces.read_bytes())]
    check(worker, traces, ran, rows=rows, settled=settled)
    worker.empty()
    return traces


def check(worker: Working, traces: list[Trace], ran: int, *, rows: bool, settled: bool) -> None:
    times = Counter(trace.number for trace in traces)
    if lost := ran - len(times):
        raise Wrong(f"Tasks are lost: {lost} of {ran:,}.")
    if repeated := sum(count > 1 for count in times.values()):
        raise Wrong(f"Tasks ran more than once: {repeated} of {ran:,}.")
    if not settled:
        raise Wrong("It did not record for all tasks that they succeeded.")
    counted = "SELECT count(*), count(DISTINCT number) FROM effects_effect"
    if worker.database.execute(counted).fetchone() != (rows * ran, rows * ran):
        raise Wrong("Tasks did not write one row each.")


def await_traces(worker: Working, number: int, seconds: float) -> None:
    """Wait until so many tasks have ended, for so many seconds, or until there is no news."""
    count = -1
    end = time.monotonic() + seconds
    while (found := traced(worker)) < number and (now := time.monotonic()) < end:
        if found > count:
            count, news = found, now
        elif now > news + PATIENCE_SECONDS:
            return
        time.sleep(LOOK_SECONDS)


def traced(worker: Working) -> int:
    return worker.traces.stat().st_size // TRACE.size


def rest(worker: Working) -> None:
    """Wait until the worker has put away what it had: whoever comes next has the same core."""
    end = time.monotonic() + PATIENCE_SECONDS
    spent = -1.0
    while spent != worker.cpu_seconds and time.monotonic() < end:
        spent = worker.cpu_seconds
        time.sleep(0.05)
