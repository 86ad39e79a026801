"""Bars as SVG, in the colours of the reader's light or dark page."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from .catalogue import Peer
from .results import Results

WIDTH, MARGIN, LABEL, NOTE, ROW, BAR = 880, 16, 250, 130, 24, 16
# A page of its own behind it: where the page around it is dark and the system light, or the other
# way round, the system's colours are what the image goes by.
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.value { font-variant-numeric: tabular-nums; }
.page { fill: #fff; } .peer { fill: #8b97a8; } .site { fill: #0b7a75; } .ceiling { fill: #c3cad4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .page { fill: #0d1117; } .peer { fill: #7d8898; } .site { fill: #2fb5ac; }
  .ceiling { fill: #4a5462; }
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
    (
        "50 rooms of 10: p99 latency in ms, less is better",
        "small_rooms",
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
    top = MARGIN
    for title, workload, figure, write in PANELS:
        values = [
            (peer, found[figure])
            for peer in peers
            if (found := results.median(workload, peer.name)).get(figure, 0) > 0
        ]
        if values:
            body += panel(top, title, values, write)
            top += ROW * (len(values) + 1) + 28
    size = f'width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        "<title>The site beside its peers, on one core</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{top}" rx="8"/>',
    ]
    return "\n".join([*head, *body, "</svg>", ""])


def panel(
    top: int, title: str, values: Sequence[tuple[Peer, float]], write: Callable[[float], str]
) -> Iterator[str]:
    yield f'<text class="title" x="{MARGIN}" y="{top + 16}">{escape(title)}</text>'
    most = max(value for _, value in values)
    base = next((value for peer, value in values if peer.name == "tutorial_daphne"), None)
    for number, (peer, value) in enumerate(values, start=1):
        y = top + ROW * number
        kind = {"site": "site", "bare": "ceiling"}.get(peer.name[:4], "peer")
        width = max(1, round((WIDTH - LABEL - NOTE - MARGIN) * value / most))
        note = f"{write(value)} ({value / base:.1f}x)" if base else write(value)
        yield f'<text x="{LABEL - 10}" y="{y + 17}" text-anchor="end">{escape(peer.label)}</text>'
        box = f'x="{LABEL}" y="{y + 5}" width="{width}" height="{BAR}" rx="3"'
        yield f'<rect class="{kind}" {box}/>'
        yield f'<text class="value" x="{LABEL + width + 8}" y="{y + 17}">{escape(note)}</text>'
