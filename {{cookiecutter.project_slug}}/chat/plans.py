"""How the database does what pages and sockets ask of it: docs/database.md."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from accounts.models import User
from chat import queries, services
from chat.models import Room
from chat.search import Search
from chat.services.members import Read

type Statement = tuple[str, Any]


class Plan(NamedTuple):
    sql: str
    milliseconds: float
    steps: str


def asked_by(user: User, room: Room) -> dict[str, Callable[[], object]]:
    """What is asked most, and what could be slow. `room`: better a long one."""
    middle = room.messages.filter(seq__gte=room.seq // 2).order_by("seq")[0]
    words = middle.body.split()
    day = middle.created_at.date() - timedelta(days=1)
    return {
        "room list": lambda: queries.room_list(user),
        "unread counters": lambda: queries.counts_of([user.pk]),
        "newest messages": lambda: queries.room_history(room),
        "earlier messages": lambda: queries.room_history(room, before=middle.seq),
        "permanent link": lambda: queries.room_history(room, at=middle.seq),
        "jump to a day": lambda: queries.first_of_day(room, day),
        "feed, of 200": lambda: queries.room_events(room.pk, room.seq - 200, room.epoch),
        "read mark": lambda: services.mark_read([Read(user.pk, room.pk, room.seq)]),
        "search, three words": lambda: queries.search_messages(
            user, Search.parse(" ".join(words[:3]))
        ),
        "search, a common word": lambda: queries.search_messages(user, Search.parse("ba")),
        "search, in a room": lambda: queries.search_messages(user, Search.parse("ba"), room=room),
    }


def explain(ask: Callable[[], object]) -> list[Plan]:
    """The plan of each statement. What is written meanwhile is rolled back."""
    with transaction.atomic():
        ask()  # so that all that is read lies in memory
        with _noted() as statements:
            ask()
        plans = [_plan(*statement) for statement in statements]
        transaction.set_rollback(True)
    return plans


@contextmanager
def _noted() -> Iterator[list[Statement]]:
    statements: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        if sql.lstrip().startswith(("SELECT", "UPDATE", "INSERT")):
            statements.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        yield statements


def _plan(sql: str, params: Any) -> Plan:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", params)
            lines = [str(row[0]) for row in cursor.fetchall()]
            times = [line for line in lines if line.startswith(("Planning Time", "Execution Time"))]
            return Plan(sql, sum(float(line.split()[2]) for line in times), "\n".join(lines))
        began = time.perf_counter()
        cursor.execute(sql, params)
        if cursor.description:
            cursor.fetchall()
        took = (time.perf_counter() - began) * 1000
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return Plan(sql, took, "\n".join(str(row[3]) for row in cursor.fetchall()))
