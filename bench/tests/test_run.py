"""The command itself, on the lightest peer."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from bench.machine import running


def command(output: Path) -> list[str]:
    options = ["--quick", "--peers", "bare_uvicorn", "--workloads", "large_room"]
    return [sys.executable, "-m", "bench", *options, "--output", str(output)]


ROOT = Path(__file__).parents[2]


def test_a_run_writes_json_and_svg(tmp_path: Path) -> None:
    subprocess.run(command(tmp_path), cwd=ROOT, check=True, timeout=60)

    content = json.loads((tmp_path / "quick.json").read_text())
    assert content["errors"] == []
    assert content["skipped"] == {}
    assert content["medians"]["large_room"]["bare_uvicorn"]["p99_ms"] > 0
    assert len(content["runs"]) >= 2  # how much, and how fast
    assert ElementTree.parse(tmp_path / "quick.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing_running(how: signal.Signals, tmp_path: Path) -> None:
    bench = subprocess.Popen(command(tmp_path), cwd=ROOT, stderr=subprocess.DEVNULL)
    started: list[psutil.Process] = []
    deadline = time.monotonic() + 30
    while len(started) < 2 and time.monotonic() < deadline:  # Redis and the peer, just forked
        started = psutil.Process(bench.pid).children()

    bench.send_signal(how)

    assert bench.wait(30) != 0
    assert len(started) == 2
    assert not any(process.is_running() for process in started)


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    command = ["sh", "-c", "sleep 60 & wait"]
    with running(command, core=None, port=0, folder=tmp_path, log=tmp_path / "log") as program:
        program.wait_until(lambda: len(program.children) == 1)
        [child] = program.children

    assert psutil.wait_procs([child], timeout=10) == ([child], [])
