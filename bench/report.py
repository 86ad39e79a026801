"""The tables: each peer beside the tutorial, and beside the ceiling of its server."""

from collections.abc import Iterator, Sequence

from . import stored
from .catalogue import Peer
from .goals import GOALS
from .results import Results
from .stores import STORES
from .tables import CLIENT_LIMIT, NOTHING, QUIET, Table, client, core, disturbed, number, times
from .tasks import KINDS, TASKS
from .workers import WORKERS

BASE = "tutorial_daphne"
BASE_WORKER = "db_worker"
LATENCIES = ("p50_ms", "p99_ms", "p99_9_ms")


def report(results: Results, peers: Sequence[Peer]) -> str:
    return "\n".join(
        [*(table.as_text() for table in tables(results, peers)), *notes(results, peers)]
    )


def tables(results: Results, peers: Sequence[Peer]) -> list[Table]:
    found = [
        rooms(results, peers, "large_room", "One room of 100 sockets"),
        rooms(results, peers, "small_rooms", "50 rooms of 10 sockets"),
        sockets(results, peers),
        multiplexer(results, peers),
        two_processes(results, peers),
        *stored.tables(results),
        workers(results),
        goals(results),
    ]
    return [table for table in found if table.rows]


def notes(results: Results, peers: Sequence[Peer]) -> Iterator[str]:
    labels = {peer.name: peer.label for peer in peers}
    labels |= {peer.name: peer.label for peer in STORES}
    labels |= {worker.name: worker.label for worker in WORKERS}
    for name, why in results.skipped.items():
        yield f"Skipped: {labels.get(name, name)}. {why}"
    for (workload, name), why in results.errors.items():
        yield f"WRONG: {labels.get(name, name)}, {workload}. {why}"
    for worker in WORKERS:
        if seconds := results.median(TASKS, worker.name).get("all_seconds"):
            yield f"Ran all {results.plan.tasks:,} tasks in {seconds:.1f} s: {worker.label}."
    yield "core: what the peer and its Redis got of their core; client: the load, of its own."
    yield f"~ under {QUIET:.0%}: something else ran on that core, or the peer waited."
    yield f"! over {CLIENT_LIMIT:.0%}: the figure may be the client's and not the peer's."


def rooms(results: Results, peers: Sequence[Peer], workload: str, title: str) -> Table:
    found = {peer.name: results.median(workload, peer.name) for peer in peers}
    offered = next((f["offered"] for f in found.values() if "offered" in f), 0)
    columns = (
        *("", "deliveries/s", "x tutorial", "of ceiling", "p50", "p99", "p99.9"),
        *("CPU s/100k", "core", "client"),
    )
    rows = []
    for peer in peers:
        if not (figures := found[peer.name]):
            continue
        speed = figures["deliveries_per_second"]
        ceiling = found.get(peer.ceiling or "", {}).get("deliveries_per_second")
        row = [
            peer.label,
            f"{speed:,.0f}",
            times(speed, found.get(BASE, {}).get("deliveries_per_second")),
            f"{speed / ceiling:.0%}" if ceiling else NOTHING,
            *(number(figures, name, ".1f") for name in LATENCIES),
            number(figures, "cpu_seconds_per_100k", ".2f"),
            core(figures),
            client(figures),
        ]
        rows.append(row)
    return Table(f"{title} (latency in ms at {offered:,.0f} deliveries/s)", columns, rows)


def sockets(results: Results, peers: Sequence[Peer]) -> Table:
    storm = {peer.name: results.median("storm", peer.name) for peer in peers}
    idle = {peer.name: results.median("idle", peer.name) for peer in peers}
    title = f"{results.plan.crowd:,} sockets connect, then wait; one room of 10 speaks"
    columns = (
        *("", "connects/s", "x tutorial", "core", "client"),
        *("bytes/socket", "x tutorial", "p50", "p99", "p99.9"),
    )
    rows = []
    for peer in peers:
        connects = storm[peer.name].get("connects_per_second")
        memory = idle[peer.name].get("bytes_per_connection")
        if connects is None and memory is None:
            continue
        row = [
            peer.label,
            f"{connects:,.0f}" if connects else NOTHING,
            times(connects, storm.get(BASE, {}).get("connects_per_second")),
            core(storm[peer.name]),
            client(storm[peer.name]),
            f"{memory:,.0f}" if memory and memory > 0 else NOTHING,
            times(memory, idle.get(BASE, {}).get("bytes_per_connection")),
            *(number(idle[peer.name], name, ".1f") for name in LATENCIES),
        ]
        rows.append(row)
    return Table(f"{title} (latency in ms)", columns, rows)


def multiplexer(results: Results, peers: Sequence[Peer]) -> Table:
    title = "20 people in 5 rooms each: 5 streams of one socket, or 5 sockets (deliveries/s)"
    rows = []
    for peer in peers:
        figures = results.median("multiplexer", peer.name)
        if figures:
            one, many = figures["multiplexed"], figures["direct"]
            rows.append([peer.label, f"{one:,.0f}", f"{many:,.0f}", f"{one / many:.0%}"])
    return Table(title, ("", "multiplexed", "direct", "ratio"), rows)


def two_processes(results: Results, peers: Sequence[Peer]) -> Table:
    title = "One process, and two behind one Redis, each on a core of its own (deliveries/s)"
    rows = []
    for peer in peers:
        figures = results.median("two_processes", peer.name)
        for shape, rooms in (("large_room", "one room"), ("small_rooms", "50 rooms")):
            if figures:
                one, two = (
                    figures[f"{shape}_{name}_deliveries_per_second"] for name in ("one", "two")
                )
                busy = client({"load_cpu": figures[f"{shape}_two_load_cpu"]})
                label = f"{peer.label}, {rooms}"
                rows.append([label, f"{one:,.0f}", f"{two:,.0f}", times(two, one), busy])
    return Table(title, ("", "one", "two", "ratio", "client"), rows)


def workers(results: Results) -> Table:
    title = f"{results.plan.tasks:,} tasks wait, which write a row or do nothing (tasks/s)"
    columns = (
        *("", "row", "x db_worker", "nothing", "x db_worker", "CPU ms", "services"),
        *("starts p50", "p99", "if killed, tasks"),
    )
    base = results.median(TASKS, BASE_WORKER)
    rows = []
    for worker in WORKERS:
        if figures := results.median(TASKS, worker.name):
            row = [worker.label]
            for name in (f"{kind}_per_second" for kind in KINDS):
                row += [number(figures, name, ",.0f"), times(figures.get(name), base.get(name))]
            row += [
                number(figures, "store_cpu_ms", ".2f"),
                number(figures, "store_services_cpu_ms", ".2f"),
                *(number(figures, f"start_{name}", ".0f") for name in LATENCIES[:2]),
                worker.killed,
            ]
            rows.append(row)
    return Table(f"{title}, then come one by one (ms until they start)", columns, rows)


def goals(results: Results) -> Table:
    rows = []
    for goal in GOALS:
        if verdict := goal.verdict(results):
            value = goal.value(results)
            both = [results.median(goal.workload, name) for name in (goal.peer, goal.beside)]
            mark = "~" if any(map(disturbed, both)) else ""
            measured = NOTHING if value is None else f"{value:.2f}{mark}"
            rows.append([goal.text, goal.wanted, measured, verdict])
    return Table("Goals", ("", "wanted", "measured", ""), rows)
