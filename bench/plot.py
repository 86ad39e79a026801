"""Bars as SVG, in the colours of the reader's light or dark page."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from .catalogue import Peer
from .results import Results

WIDTH, LABEL, ROW, BAR = 860, 250, 24, 16
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.value { font-variant-numeric: tabular-nums; }
rect { fill: #9aa4b2; } .site { fill: #0b7a75; } .ceiling { fill: #d5dae1; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  rect { fill: #6b7685; } .site { fill: #2fb5ac; } .ceiling { fill: #3a424d; }
}
"""
PANELS: list[tuple[str, str, str, Callable[[float], str]]] = [
    (
        "One room of 100: deliveries a second",
        "large_room",
        "deliveries_per_second",
        "{:,.0f}".format,
    ),
    (
        "50 rooms of 10: deliveries a second",
        "small_rooms",
        "deliveries_per_second",
        "{:,.0f}".format,
    ),
    (
        "One room of 100: p99 latency in ms, less is better",
        "large_room",
        "p99_ms",
        "{:,.1f}".format,
    ),
    ("Connects a second", "storm", "connects_per_second", "{:,.0f}".format),
    (
        "Bytes for an idle connection, less is better",
        "idle",
        "bytes_per_connection",
        "{:,.0f}".format,
    ),
]


def plot(results: Results, peers: Sequence[Peer]) -> str:
    body: list[str] = []
    top = 8
    for title, workload, figure, write in PANELS:
        values = [
            (peer, found[figure])
            for peer in peers
            if (found := results.median(workload, peer.name)).get(figure, 0) > 0
        ]
        if values:
            body += panel(top, title, values, write)
            top += ROW * (len(values) + 1) + 28
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img">'
    title = "<title>The chat beside its peers, on one core</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *body, "</svg>", ""])


def panel(
    top: int, title: str, values: Sequence[tuple[Peer, float]], write: Callable[[float], str]
) -> Iterator[str]:
    yield f'<text class="title" x="0" y="{top + 16}">{escape(title)}</text>'
    most = max(value for _, value in values)
    base = next((value for peer, value in values if peer.name == "tutorial_daphne"), None)
    for number, (peer, value) in enumerate(values, start=1):
        y = top + ROW * number
        kind = "site" if peer.name.startswith("site") else "ceiling" if "bare" in peer.name else ""
        width = max(1, round((WIDTH - LABEL - 150) * value / most))
        note = f"{write(value)} ({value / base:.1f}x)" if base else write(value)
        yield f'<text x="{LABEL - 10}" y="{y + 17}" text-anchor="end">{escape(peer.label)}</text>'
        box = f'x="{LABEL}" y="{y + 5}" width="{width}" height="{BAR}" rx="3"'
        yield f'<rect class="{kind}" {box}/>'
        yield f'<text class="value" x="{LABEL + width + 8}" y="{y + 17}">{escape(note)}</text>'
