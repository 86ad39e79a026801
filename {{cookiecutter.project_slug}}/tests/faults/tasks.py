"""Tasks that say what became of them, in tables that are no models: see work.py."""

import os
import time
from typing import Any

from django.db import connection, transaction

from worker.context import TaskContext
from worker.task import task


@task(takes_context=True)
def work(context: TaskContext, number: int, seconds: float = 0.0) -> None:
    """Leave a trace of each attempt, and take a payment that must be taken once."""
    _trace(number, "began")
    time.sleep(seconds / 2)
    _pay_once(context.idempotency_key)
    time.sleep(seconds / 2)
    _trace(number, "ended")


@task
def report_delay(number: int, enqueued_at: float) -> None:
    _trace(number, "began", time.monotonic() - enqueued_at)


@task(backoff=3600)
def fail(number: int) -> None:
    _trace(number, "began")
    raise ZeroDivisionError


@task(attempts=2, backoff=0)
def kill_the_worker() -> None:
    os._exit(1)


@task(attempts=3, backoff=0, timeout=1)
def hang() -> None:
    time.sleep(3600)


@task(attempts=3, backoff=0)
def return_no_json() -> object:
    return object()


def _trace(number: int, what: str, seconds: float = 0.0) -> None:
    _execute("INSERT INTO traces VALUES (%s, %s, %s)", number, what, seconds)


@transaction.atomic
def _pay_once(key: str) -> None:
    if _execute("INSERT INTO payments VALUES (%s) ON CONFLICT DO NOTHING", key):
        _execute("UPDATE account SET balance = balance + 1")


def _execute(sql: str, *values: Any) -> int:
    """Returns the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
