"""A table of figures, for a terminal or for the docs."""

from collections.abc import Sequence
from dataclasses import dataclass


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
