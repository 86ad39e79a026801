"""From runs to medians, tables, goals and the plot."""

from xml.etree import ElementTree

from bench.__main__ import QUICK
from bench.catalogue import CATALOGUE
from bench.goals import GOALS
from bench.measure import percentile
from bench.plot import plot
from bench.report import report
from bench.results import Results


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


def test_the_table_compares_with_the_tutorial_and_with_the_ceiling() -> None:
    table = report(
        results_with(tutorial_daphne=[500], site_daphne=[6000], bare_daphne=[8000]), CATALOGUE
    )

    [ours] = [line for line in table.splitlines() if line.startswith("  this site, Daphne")]
    assert "12.00x" in ours
    assert "75%" in ours
    assert "reached  Daphne, large room, beside the tutorial: 12.00 (wanted >= 10)" in table
    assert "MISSED   p99, large room: 1.00 (wanted <= 0.25)" in table


def test_a_wrong_peer_has_an_error_and_no_figures() -> None:
    results = results_with(tutorial_daphne=[500], fastapi=[600])
    results.errors["large_room", "fastapi"] = "Deliveries are lost: 3."

    table = report(results, CATALOGUE)

    assert "WRONG: FastAPI + broadcaster, uvicorn, large_room. Deliveries are lost: 3." in table
    assert "  FastAPI" not in table


def test_a_client_that_may_be_the_limit_is_told_of() -> None:
    results = results_with(tutorial_daphne=[500])
    assert "!" not in report(results, CATALOGUE)

    busy = {"deliveries_per_second": 900.0, "load_cpu": 0.9}
    results.runs.append(("large_room", "bare_uvicorn", busy))
    assert "90%!" in report(results, CATALOGUE)


def test_goals_name_peers_and_figures_that_exist() -> None:
    names = {peer.name for peer in CATALOGUE}

    assert {goal.peer for goal in GOALS} | {goal.beside for goal in GOALS} <= names


def test_percentiles_are_of_the_values_measured() -> None:
    values = [float(n) for n in range(1000)]

    assert [percentile(values, p) for p in (50, 99, 99.9)] == [500, 990, 999]


def test_the_plot_is_an_image_with_a_bar_for_each_peer() -> None:
    image = ElementTree.fromstring(plot(results_with(site_daphne=[2], fastapi=[1]), CATALOGUE))

    bars = image.findall("{*}rect")
    assert len(bars) == 4  # deliveries and p99
    assert bars[0].get("class") == "site"
    assert float(bars[0].get("width", 0)) > float(bars[1].get("width", 0))
