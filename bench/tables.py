"""A table of figures, for a terminal or for the docs."""

from collections.abc import Sequence
from dataclasses import dataclass

from .results import Figures

NOTHING = "-"
CLIENT_LIMIT = 0.85  # of its core; above, a figure may be the client's and not the peer's
QUIET = 0.9  # of its core, which a pressed peer gets where nothing else runs there


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]  # the first is of labels
    rows: Sequence[Sequence[str]]

    def as_text(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        body = []
        for label, *cells in lines:
            figures = zip(cells, widths[1:], strict=True)
            body.append(
                f"  {label:{widths[0]}}" + "".join(f"  {c:>{width}}" for c, width in figures)
            )
        return "\n".join([self.title, *body, ""])

    def as_markdown(self) -> str:
        rule = ["---", *["--:"] * (len(self.columns) - 1)]
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, rule, *self.rows)]
        return "\n".join([f"### {self.title}", *lines, ""])


def disturbed(figures: Figures) -> bool:
    return figures.get("server_cpu", 1) < QUIET


def core(figures: Figures) -> str:
    return number(figures, "server_cpu", ".0%") + ("~" if disturbed(figures) else "")


def client(figures: Figures) -> str:
    busy = figures.get("load_cpu", 0) > CLIENT_LIMIT
    return number(figures, "load_cpu", ".0%") + ("!" if busy else "")


def number(figures: Figures, name: str, style: str) -> str:
    return format(figures[name], style) if name in figures else NOTHING


def times(value: float | None, base: float | None) -> str:
    return f"{value / base:.2f}x" if value and base and value > 0 else NOTHING
