"""Workers without a process: what each does with the database."""

import uuid
from datetime import timedelta

from worker.ledger import Ledger
from worker.models import LEASE, TaskState, Worker


def new_ledger(*queues: str) -> Ledger:
    ledger = Ledger(Worker(id=uuid.uuid4(), name="a worker", concurrency=4), queues or ["default"])
    ledger.sign_in()
    return ledger


def die(ledger: Ledger) -> None:
    """Leave the worker as it is when its process was killed a lease ago."""
    mine = Worker.objects.filter(id=ledger.worker.id)
    mine.update(seen_at=mine.get().seen_at - LEASE - timedelta(seconds=1))


def claim(ledger: Ledger) -> TaskState:
    [state] = ledger.claim(1)
    return state
