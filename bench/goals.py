"""What the site promises, as ratios within one run, so that any machine may check them."""

from dataclasses import dataclass

from .results import Results


@dataclass(frozen=True)
class Goal:
    text: str
    workload: str
    figure: str
    peer: str
    beside: str
    at_least: float | None = None
    at_most: float | None = None
    of: str = ""  # what to compare with, where it is not the same figure

    def value(self, results: Results) -> float | None:
        ours = results.median(self.workload, self.peer).get(self.figure)
        theirs = results.median(self.workload, self.beside).get(self.of or self.figure)
        return ours / theirs if ours is not None and theirs else None

    def verdict(self, results: Results) -> str:
        """Empty where nobody asked for it."""
        value = self.value(results)
        if value is not None:
            return "reached" if self._reached(value) else "MISSED"
        if {self.workload, self.peer, self.beside} & results.skipped.keys():
            return "not measurable here"
        wrong = {(self.workload, self.peer), (self.workload, self.beside)} & results.errors.keys()
        return "WRONG" if wrong else ""

    def _reached(self, value: float) -> bool:
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is None or value <= self.at_most

    @property
    def wanted(self) -> str:
        return f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"


SPEED, TASKS, DURABLE = "deliveries_per_second", "tasks", "durable"
SITE, TUTORIAL, BARE = "site_daphne", "tutorial_daphne", "bare_daphne"
UVICORN, NODE = "site_uvicorn", "socketio_node"
WORKER, DB_WORKER = "site_worker", "db_worker"
BOTH = (("Daphne", SITE), ("uvicorn", UVICORN))

GOALS = [
    Goal("Daphne, large room, beside the tutorial", "large_room", SPEED, SITE, TUTORIAL, 10),
    Goal("Daphne, small rooms, beside the tutorial", "small_rooms", SPEED, SITE, TUTORIAL, 8),
    Goal("Daphne, large room, share of the ceiling", "large_room", SPEED, SITE, BARE, 0.6),
    Goal("Daphne, small rooms, share of the ceiling", "small_rooms", SPEED, SITE, BARE, 0.6),
    Goal("p99, large room", "large_room", "p99_ms", SITE, TUTORIAL, at_most=0.25),
    Goal("p99, small rooms", "small_rooms", "p99_ms", SITE, TUTORIAL, at_most=0.25),
    Goal("connects, signed in", "storm", "connects_per_second", SITE, TUTORIAL, 2),
    Goal("memory of a connection", "idle", "bytes_per_connection", SITE, TUTORIAL, at_most=1),
    *(
        Goal(
            f"multiplexed, {server}", *("multiplexer", "multiplexed", peer, peer), 0.85, of="direct"
        )
        for server, peer in BOTH
    ),
    Goal("uvicorn, large room, beside Socket.IO", "large_room", SPEED, UVICORN, NODE, 1),
    Goal("uvicorn, small rooms, beside Socket.IO", "small_rooms", SPEED, UVICORN, NODE, 1),
    *(
        Goal(
            f"two processes, {server}, {shape.replace('_', ' ')}",
            *("two_processes", f"{shape}_two_{SPEED}", peer, peer),
            at_least=1.8,
            of=f"{shape}_one_{SPEED}",
        )
        for server, peer in BOTH
        for shape in ("large_room", "small_rooms")
    ),
    *(
        Goal(f"{text}, {label}", DURABLE, f"{figure}_per_second", f"site_{name}", *beside)
        for name, label in (("postgres", "PostgreSQL"), ("sqlite", "SQLite"))
        for text, figure, beside in (
            ("stored, 100 senders", "senders", (f"tutorial_{name}", 8)),
            ("stored, one sender", "sender", (f"tutorial_{name}", 1)),
        )
    ),
    *(
        Goal(
            f"stored, {shape.replace('_', ' ')}, {label}",
            *(DURABLE, f"{shape}_per_second", f"site_{name}", "site_postgres"),
            at_least=0.6,
            of=f"{shape}_plain_per_second",
        )
        for name, label in (("postgres", "PostgreSQL"), ("sqlite", "SQLite"))
        for shape in ("large_room", "small_rooms")
    ),
    # Ten times as many sockets come back; they take longer, and each 2 s there is one more query.
    Goal(
        "queries of a resume",
        *(DURABLE, "resume_all_others_queries", "site_postgres", "site_postgres"),
        at_most=1.5,
        of="resume_few_others_queries",
    ),
    Goal("tasks, beside db_worker", TASKS, "store_per_second", WORKER, DB_WORKER, 1),
    # Which looks once a second, so that this is 50 ms.
    Goal("start of a task", TASKS, "start_p50_ms", WORKER, DB_WORKER, at_most=0.1),
]
