"""The tables on the terminal: each peer beside the tutorial and beside its server's ceiling."""

from collections.abc import Iterator, Sequence

from .catalogue import Peer
from .goals import GOALS
from .results import CLIENT_LIMIT, Figures, Results

BASE = "tutorial_daphne"
NOTHING = "-"


def report(results: Results, peers: Sequence[Peer]) -> str:
    lines = [
        *rooms_table(results, peers, "large_room", "One room of 100 sockets"),
        *rooms_table(results, peers, "small_rooms", "50 rooms of 10 sockets"),
        *sockets_table(results, peers),
        *multiplexer_table(results, peers),
        *goals_table(results),
    ]
    by_name = {peer.name: peer.label for peer in peers}
    lines += [f"Skipped: {by_name[name]}. {why}" for name, why in results.skipped.items()]
    lines += [f"WRONG: {by_name[n]}, {load}. {why}" for (load, n), why in results.errors.items()]
    lines.append("core: what the peer and Redis got of their core; client: the load, of its own.")
    if results.busiest_client > CLIENT_LIMIT:
        lines.append(f"! The client was busy for over {CLIENT_LIMIT:.0%} of its core; rows with !")
        lines.append("  may show its limit, not the peer's.")
    return "\n".join(lines)


def rooms_table(
    results: Results, peers: Sequence[Peer], workload: str, title: str
) -> Iterator[str]:
    found = {peer.name: results.median(workload, peer.name) for peer in peers}
    if not any(found.values()):
        return
    offered = next((f["offered"] for f in found.values() if "offered" in f), 0)
    yield f"{title} (latency in ms at {offered:,.0f} deliveries/s)"
    yield row(
        "", "deliveries/s", "x tutorial", "of ceiling", "p50", "p99", "p99.9",
        "CPU s/100k", "core", "client",
    )  # fmt: skip
    for peer in peers:
        if not (figures := found[peer.name]):
            continue
        speed = figures["deliveries_per_second"]
        base = found.get(BASE, {}).get("deliveries_per_second")
        ceiling = found.get(peer.ceiling or "", {}).get("deliveries_per_second")
        busy = figures["load_cpu"]
        yield row(
            peer.label,
            f"{speed:,.0f}",
            times(speed, base),
            f"{speed / ceiling:.0%}" if ceiling else NOTHING,
            *(number(figures, f"{name}_ms", ".1f") for name in ("p50", "p99", "p99_9")),
            number(figures, "cpu_seconds_per_100k", ".2f"),
            number(figures, "server_cpu", ".0%"),
            f"{busy:.0%}" + ("!" if busy > CLIENT_LIMIT else ""),
        )
    yield ""


def sockets_table(results: Results, peers: Sequence[Peer]) -> Iterator[str]:
    storm = {peer.name: results.median("storm", peer.name) for peer in peers}
    idle = {peer.name: results.median("idle", peer.name) for peer in peers}
    if not any(storm.values()) and not any(idle.values()):
        return
    yield f"{results.plan.crowd} sockets connect, then wait; one room of 10 speaks (latency in ms)"
    yield row("", "connects/s", "x tutorial", "idle bytes", "x tutorial", "p50", "p99", "p99.9")
    for peer in peers:
        connects = storm[peer.name].get("connects_per_second")
        memory = idle[peer.name].get("bytes_per_connection")
        if connects is None and memory is None:
            continue
        yield row(
            peer.label,
            f"{connects:,.0f}" if connects else NOTHING,
            times(connects, storm.get(BASE, {}).get("connects_per_second")),
            f"{memory:,.0f}" if memory and memory > 0 else NOTHING,
            times(memory, idle.get(BASE, {}).get("bytes_per_connection")),
            *(number(idle[peer.name], f"{name}_ms", ".1f") for name in ("p50", "p99", "p99_9")),
        )
    yield ""


def multiplexer_table(results: Results, peers: Sequence[Peer]) -> Iterator[str]:
    found = {peer: results.median("multiplexer", peer.name) for peer in peers}
    if not any(found.values()):
        return
    yield "20 people in 5 rooms each: 5 streams of one socket, or 5 sockets (deliveries/s)"
    yield row("", "multiplexed", "direct", "ratio")
    for peer, figures in found.items():
        if figures:
            one, many = figures["multiplexed"], figures["direct"]
            yield row(peer.label, f"{one:,.0f}", f"{many:,.0f}", f"{one / many:.0%}")
    yield ""


def goals_table(results: Results) -> Iterator[str]:
    reached = [(goal, value) for goal in GOALS if (value := goal.value(results)) is not None]
    if not reached:
        return
    yield "Goals"
    for goal, value in reached:
        mark = "reached" if goal.reached(value) else "MISSED "
        yield f"  {mark}  {goal.text}: {value:.2f} (wanted {goal.wanted})"
    yield ""


def row(label: str, *cells: str) -> str:
    return f"  {label:31}" + "".join(f"{cell:>13}" for cell in cells)


def number(figures: Figures, name: str, style: str) -> str:
    return format(figures[name], style) if name in figures else NOTHING


def times(value: float | None, base: float | None) -> str:
    return f"{value / base:.2f}x" if value and base and value > 0 else NOTHING
