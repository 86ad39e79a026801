"""The tables of what `durable` found."""

from .durable import DURABLE
from .results import Figures, Results
from .stores import STORES
from .tables import Table, client, core, number, times

type Row = tuple[str, Figures, Figures]  # a label, its figures, and what they are compared with


def tables(results: Results) -> list[Table]:
    found = {peer.name: results.median(DURABLE, peer.name) for peer in STORES}
    offered = next((one["offered"] for one in found.values() if "offered" in one), 0)
    rows: list[Row] = []
    kept: list[Row] = []
    for peer in STORES:
        figures, (_, _, database) = found[peer.name], peer.name.partition("_")
        if figures:
            rows.append((peer.label, figures, found[f"tutorial_{database}"]))
            if peer.acknowledges:
                kept.append((peer.label, figures, found["site_postgres"]))
    return [senders(rows, offered), rooms(kept), resumed(kept)]


def senders(rows: list[Row], offered: float) -> Table:
    title = "Each message is stored, then acknowledged: 100 senders in 10 rooms (messages/s)"
    columns = (
        *("", "100 senders", "x tutorial", "p50", "p99", "CPU ms", "core", "client", "database"),
        *("a room each", "x tutorial", "CPU ms", "one sender", "x tutorial"),
    )
    lines = []
    for label, figures, tutorial in rows:
        many, alone, one = (f"{name}_per_second" for name in ("senders", "alone", "sender"))
        shares = {name: figures.get(f"senders_{name}", 0) for name in ("server_cpu", "load_cpu")}
        lines.append(
            [
                label,
                number(figures, many, ",.0f"),
                times(figures.get(many), tutorial.get(many)),
                number(figures, "p50_ms", ".1f"),
                number(figures, "p99_ms", ".1f"),
                number(figures, "senders_cpu_ms", ".2f"),
                core(shares),
                client(shares),
                number(figures, "senders_database_cpu", ".0%"),
                number(figures, alone, ",.0f"),
                times(figures.get(alone), tutorial.get(alone)),
                number(figures, "alone_cpu_ms", ".2f"),
                number(figures, one, ",.0f"),
                times(figures.get(one), tutorial.get(one)),
            ]
        )
    return Table(f"{title}; latency in ms at {offered:,.0f} messages/s", columns, lines)


def rooms(rows: list[Row]) -> Table:
    title = "The same rooms when messages are stored, and when they are not (deliveries/s)"
    columns = ("", "room of 100", "not stored", "ratio", "50 rooms of 10", "not stored", "ratio")
    lines = []
    for label, figures, plain in rows:
        line = [label]
        for shape in ("large_room", "small_rooms"):
            stored, without = f"{shape}_per_second", f"{shape}_plain_per_second"
            line += [number(figures, stored, ",.0f"), number(plain, without, ",.0f")]
            ratio = {}
            if stored in figures and without in plain:
                ratio["of"] = figures[stored] / plain[without]
            line.append(number(ratio, "of", ".0%"))
        lines.append(line)
    return Table(title, columns, lines)


def resumed(rows: list[Row]) -> Table:
    title = "After a restart, all sockets come back at once and ask for what they missed"
    columns = ("", "sockets", "queries", "of sign-in", "seconds", "sockets/s")
    lines = []
    for label, figures, _ in rows:
        for name in ("few", "all"):
            if sockets := figures.get(f"resume_{name}_sockets"):
                seconds = figures[f"resume_{name}_seconds"]
                lines.append(
                    [
                        label,
                        f"{sockets:,.0f}",
                        number(figures, f"resume_{name}_others_queries", ",.0f"),
                        number(figures, f"resume_{name}_sign_in_queries", ",.0f"),
                        f"{seconds:.2f}",
                        f"{sockets / seconds:,.0f}",
                    ]
                )
    return Table(title, columns, lines)
