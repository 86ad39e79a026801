"""From runs to medians, tables, goals and the plot."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.__main__ import QUICK
from bench.catalogue import CATALOGUE
from bench.goals import GOALS
from bench.measure import percentile
from bench.plot import plot
from bench.publish import BEGIN, DOCS, END
from bench.publish import main as publish
from bench.report import report
from bench.results import Results
from bench.stores import STORES
from bench.workers import WORKERS


def results_with(**speeds: list[float]) -> Results:
    results = Results(QUICK)
    for peer, of_rounds in speeds.items():
        for speed in of_rounds:
            figures = {"deliveries_per_second": speed, "load_cpu": 0.5, "p99_ms": 10.0}
            results.runs.append(("large_room", peer, figures))
    return results


def test_a_figure_is_the_median_of_its_rounds() -> None:
    results = results_with(tutorial_daphne=[100, 900, 300])

    assert results.median("large_room", "tutorial_daphne")["deliveries_per_second"] == 300
    assert results.slowest("large_room") == 300


def line_of(table: str, label: str) -> list[str]:
    [line] = [line for line in table.splitlines() if line.startswith(f"  {label} ")]
    return line.removeprefix(f"  {label} ").split()


def test_the_table_compares_with_the_tutorial_and_with_the_ceiling() -> None:
    results = results_with(tutorial_daphne=[500], site_daphne=[6000], bare_daphne=[8000])

    assert line_of(report(results, CATALOGUE), "this site, Daphne")[:3] == [
        "6,000",
        "12.00x",
        "75%",
    ]


def test_workers_are_compared_with_the_one_that_the_site_extends() -> None:
    results = Results(QUICK)
    for name, speed in (("db_worker", 200.0), ("site_worker", 500.0)):
        figures = {"store_per_second": speed, "nothing_per_second": 2 * speed, "start_p50_ms": 9.6}
        results.runs.append(("tasks", name, figures))
    results.runs.append(("tasks", "site_worker", {"all_seconds": 20.0}))

    table = report(results, CATALOGUE)

    row = line_of(table, "this site, runworker")
    assert row[:4] == ["500", "2.50x", "1,000", "2.50x"]
    assert "10" in row
    assert "Ran all 1,000 tasks in 20.0 s: this site, runworker." in table
    assert line_of(table, "tasks, beside db_worker") == [">=", "1", "2.50", "reached"]


def test_each_goal_is_judged() -> None:
    results = results_with(tutorial_daphne=[500], site_daphne=[6000])
    results.skipped["socketio_node"] = "It needs node and npm."
    results.skipped["two_processes"] = "It needs four cores."
    results.errors["storm", "site_daphne"] = "Not every socket opened."

    table = report(results, CATALOGUE)

    def verdict(goal: str) -> str:
        return " ".join(line_of(table, goal))

    assert verdict("Daphne, large room, beside the tutorial") == ">= 10 12.00 reached"
    assert verdict("p99, large room") == "<= 0.25 1.00 MISSED"
    assert verdict("uvicorn, large room, beside Socket.IO") == ">= 1 - not measurable here"
    assert verdict("two processes, Daphne, large room") == ">= 1.8 - not measurable here"
    assert verdict("connects, signed in") == ">= 2 - WRONG"
    assert "memory of a connection" not in table  # nobody asked for it


def test_a_wrong_peer_has_an_error_and_no_figures() -> None:
    results = results_with(tutorial_daphne=[500], fastapi=[600])
    results.errors["large_room", "fastapi"] = "Deliveries are lost: 3."

    table = report(results, CATALOGUE)

    assert "WRONG: FastAPI + broadcaster, uvicorn, large_room. Deliveries are lost: 3." in table
    assert "  FastAPI" not in table


@pytest.mark.parametrize(
    ("server_cpu", "load_cpu", "shown"),
    [(0.95, 0.5, ["95%", "50%"]), (0.7, 0.5, ["70%~", "50%"]), (0.95, 0.9, ["95%", "90%!"])],
)
def test_figures_to_doubt_are_marked(server_cpu: float, load_cpu: float, shown: list[str]) -> None:
    results = Results(QUICK)
    shares = {"server_cpu": server_cpu, "load_cpu": load_cpu}
    results.runs.append(("large_room", "fastapi", {"deliveries_per_second": 900.0, **shares}))
    results.runs.append(("storm", "fastapi", {"connects_per_second": 900.0, **shares}))

    lines = [
        line.removeprefix("  FastAPI + broadcaster, uvicorn").split()
        for line in report(results, CATALOGUE).splitlines()
        if line.startswith("  FastAPI")
    ]

    assert [lines[0][-2:], lines[1][2:4]] == [shown, shown]


def test_a_goal_is_doubtful_where_its_figures_are() -> None:
    results = results_with(tutorial_daphne=[500], site_daphne=[6000])
    for _, _, figures in results.runs:
        figures["server_cpu"] = 0.5

    label = "Daphne, large room, beside the tutorial"
    assert line_of(report(results, CATALOGUE), label) == [">=", "10", "12.00~", "reached"]


def test_what_is_written_can_be_read_again() -> None:
    results = results_with(tutorial_daphne=[500, 510], site_daphne=[6000])
    results.errors["large_room", "fastapi"] = "Deliveries are lost: 3."
    results.skipped["socketio_node"] = "It needs node and npm."

    assert Results.from_json(results.as_json()) == results


def test_goals_name_peers_and_figures_that_exist() -> None:
    peers = [*CATALOGUE, *STORES]
    names = {peer.name for peer in peers} | {worker.name for worker in WORKERS}

    assert {goal.peer for goal in GOALS} | {goal.beside for goal in GOALS} <= names


def test_percentiles_are_of_the_values_measured() -> None:
    values = [float(n) for n in range(1000)]

    assert [percentile(values, p) for p in (50, 99, 99.9)] == [500, 990, 999]


def test_the_plot_is_an_image_with_a_bar_for_each_peer() -> None:
    image = ElementTree.fromstring(plot(results_with(site_daphne=[2], fastapi=[1]), CATALOGUE))

    bars = [bar for bar in image.findall("{*}rect") if bar.get("class") != "page"]
    assert len(bars) == 4  # deliveries and p99
    assert bars[0].get("class") == "site"
    assert float(bars[0].get("width", 0)) > float(bars[1].get("width", 0))


def test_the_docs_show_a_run_and_keep_what_people_wrote(tmp_path: Path) -> None:
    page, image = tmp_path / "performance.md", tmp_path / "images/performance.svg"
    image.parent.mkdir()
    page.write_text(f"Before.\n{BEGIN}An older run.\n{END}After.\n")
    results = results_with(tutorial_daphne=[500], site_daphne=[6000])
    results.machine = {"cpu": "A processor", "cores": "2", "system": "Linux", "python": "3.13.1"}
    kept = tmp_path / "full.json"
    kept.write_text(results.as_json())

    for _ in range(2):
        publish([str(kept), "--docs", str(tmp_path)])

    text = page.read_text()
    assert text.startswith(f"Before.\n{BEGIN}")
    assert text.endswith(f"{END}After.\n")
    assert "An older run." not in text
    assert text.count("| this site, Daphne | 6,000 | 12.00x |") == 1
    assert "python 3.13.1" in text
    words = [element.text for element in ElementTree.parse(image).findall("{*}text")]
    assert "6,000 (12.0x)" in words


def test_the_docs_have_a_place_for_it() -> None:
    text = (DOCS / "performance.md").read_text()

    assert text.count(BEGIN) == text.count(END) == 1
    assert "images/performance.svg" in text
