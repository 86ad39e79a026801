"""Each worker for a moment with a few tasks."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.catalogue import CATALOGUE
from bench.machine import Cores
from bench.report import report
from bench.results import Plan, Results
from bench.tasks import KINDS, drain, tasks
from bench.workers import WORKERS, Worker
from bench.working import Working, working

SHORT = Plan(*(10, 1, 0.25, 0.25, 20, 1), tasks=20, drain=60, starts=5)
TWO_CORES = Cores(None, None, spare=(None,))
RUNNABLE = [worker for worker in WORKERS if worker.processes <= 2]
PROMISES = {
    "nothing": "",
    "lose": "Tasks are lost: 1 of 20.",
    "repeat": "Tasks ran more than once: 1 of 20.",
    "forget": "It did not record for all tasks that they succeeded.",
}

type Find = Callable[[Worker], Working]


def wrong_worker(promise: str) -> Worker:
    folder = Path(__file__).parent
    return Worker(
        name=f"wrong_{promise}",
        label="wrong",
        command=(sys.executable, str(folder / "wrong_worker.py")),
        killed="",
        environment={"WRONG": promise},
        soon=False,
    )


@pytest.fixture(scope="module")
def find(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    workers = [*WORKERS, *map(wrong_worker, PROMISES)]
    with working(workers, TWO_CORES, tmp_path_factory.mktemp("workers")) as (here, skipped):
        if "tasks" in skipped:
            (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)(skipped["tasks"])
        assert skipped == {"site_worker_4": "It needs 5 cores."}
        yield lambda worker: next(one for one in here if one.peer.name == worker.name)


@pytest.mark.parametrize("worker", RUNNABLE, ids=lambda worker: worker.name)
def test_each_task_runs_once(worker: Worker, find: Find) -> None:
    results = Results(SHORT)

    tasks([find(worker)], SHORT, results, deadline=0)

    assert results.errors == {}
    figures = results.median("tasks", worker.name)
    for kind in KINDS:
        assert figures[f"{kind}_per_second"] > 1
        assert 0 <= figures[f"{kind}_cpu_ms"] < 1000
    assert ("all_seconds" in figures) == worker.to_the_end
    if worker.soon:
        assert 0 < figures["start_p50_ms"] <= figures["start_p99_ms"] < 10_000
    assert worker.label in report(results, CATALOGUE)


@pytest.mark.parametrize("worker", RUNNABLE, ids=lambda worker: worker.name)
def test_tasks_that_still_wait_are_taken_back(worker: Worker, find: Find) -> None:
    figures = drain(find(worker), "store", 2000, seconds=0)

    assert round(figures["store_per_second"] * figures["store_seconds"]) < 2000


@pytest.mark.parametrize("promise", PROMISES)
def test_a_worker_that_breaks_a_promise_gets_no_figures(
    promise: str, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.tasks.PATIENCE_SECONDS", 1)
    worker = wrong_worker(promise)
    results = Results(SHORT)

    tasks([find(worker)], SHORT, results, deadline=0)

    told = report(results, CATALOGUE)
    complaint = PROMISES[promise]
    assert (f"WRONG: {worker.name}, tasks. {complaint}" in told) == bool(complaint)
    assert bool(results.median("tasks", worker.name)) != bool(complaint)


def test_without_postgresql_there_are_no_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.postgres.program", lambda name: None)

    with working(WORKERS, TWO_CORES, tmp_path) as (here, skipped):
        results = Results(SHORT, skipped=skipped)

    assert here == []
    told = report(results, CATALOGUE)
    assert "Skipped: tasks. It needs PostgreSQL" in told
    [line] = [line for line in told.splitlines() if "start of a task" in line]
    assert "not measurable here" in line
