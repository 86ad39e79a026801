"""python -m bench.publish bench/results/full.json: a run's tables and plot into the docs."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from .catalogue import CATALOGUE
from .plot import plot
from .report import notes, tables
from .results import Results

DOCS = Path(__file__).parent.parent / "docs"
BEGIN, END = "<!-- Written by bench.publish -->\n", "<!-- End of what is written -->\n"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.publish", description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--docs", type=Path, default=DOCS)
    options = parser.parse_args(arguments)
    results = Results.from_json(options.results.read_text())
    page = options.docs / "performance.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text("\n".join([before + BEGIN, *written(results), END + after]))
    (options.docs / "images/performance.svg").write_text(plot(results, CATALOGUE))


def written(results: Results) -> Iterator[str]:
    plan, machine = results.plan, dict(results.machine)
    cpu, cores, system = (machine.pop(name) for name in ("cpu", "cores", "system"))
    yield f"Measured on {results.measured[:10]}: {cpu}, {cores} cores, {system}."
    yield f"Up to {plan.rounds} rounds of {plan.saturate} s, {plan.offer} s for latency."
    yield f"\nVersions: {', '.join(f'{name} {number}' for name, number in machine.items())}.\n"
    yield from (table.as_markdown() for table in tables(results, CATALOGUE))
    yield from (f"- {note}" for note in notes(results, CATALOGUE))
    yield ""


if __name__ == "__main__":
    main()
