import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import django.db
from django.core.management.base import BaseCommand, CommandError

from worker.status import Status, read_status

type Row = Sequence[object]


class Command(BaseCommand):
    help = (
        "Say which tasks wait, run and have failed, and which workers live."
        " Fails where tasks wait and no worker lives, or where one has waited for too long."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="For programs.")
        parser.add_argument(
            "--max-wait", type=float, metavar="SECONDS", help="How long a task may wait."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status = read_status()
        except django.db.Error as error:
            raise CommandError(f"The database does not answer: {str(error).strip()}") from error
        self.stdout.write(json.dumps(asdict(status)) if options["json"] else _text(status))
        complaint = _complaint(status, options["max_wait"])
        if complaint:
            raise CommandError(complaint)


def _complaint(status: Status, max_wait: float | None) -> str:
    if status.waiting and not status.workers:
        return f"No worker lives, and tasks wait: {status.waiting}."
    if max_wait is not None and status.oldest > max_wait:
        return f"A task has waited for {status.oldest:.0f} seconds, more than {max_wait:g}."
    return ""


def _text(status: Status) -> str:
    queues: list[Row] = [("queue", "waiting", "oldest", "later", "running", "failed in 24 h")]
    for queue in status.queues:
        oldest = f"{queue.oldest:.0f} s" if queue.waiting else "-"
        counts = (queue.later, queue.running, queue.failed)
        queues.append((queue.name, queue.waiting, oldest, *counts))
    workers: list[Row] = [("worker", "concurrency", "running", "seen")]
    for worker in status.workers:
        seen = f"{worker.seen:.0f} s ago"
        workers.append((worker.name, worker.concurrency, worker.running, seen))
    return f"{_table(queues)}\n\n{_table(workers) if status.workers else 'No worker lives.'}"


def _table(rows: Sequence[Row]) -> str:
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell!s:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
