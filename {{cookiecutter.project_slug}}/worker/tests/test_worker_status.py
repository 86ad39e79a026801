"""manage.py worker_status: for people, for programs, and as a check that fails."""

import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.live import environment

from . import tasks
from .ledgers import claim, new_ledger

pytestmark = pytest.mark.django_db(transaction=True)


def told(*options: str) -> str:
    output = StringIO()
    call_command("worker_status", *options, stdout=output)
    return output.getvalue()


def test_people_get_a_table() -> None:
    ledger = new_ledger()
    tasks.add.enqueue(1, 1)
    claim(ledger)
    tasks.add.enqueue(1, 1)
    queues, workers = told().split("\n\n")
    assert [line.split()[:2] for line in queues.splitlines()] == [
        ["queue", "waiting"],
        ["default", "1"],
    ]
    assert workers.splitlines()[1].startswith("a worker  4            1        ")


def test_programs_get_json() -> None:
    tasks.add.using(run_after=timezone.now() + timedelta(hours=1)).enqueue(1, 1)
    status = json.loads(told("--json"))
    [queue] = status["queues"]
    assert (queue["name"], queue["waiting"], queue["later"]) == ("default", 0, 1)
    assert status["workers"] == []


def test_a_task_that_waits_for_too_long_is_a_failure() -> None:
    new_ledger()
    tasks.add.enqueue(1, 1)
    told("--max-wait", "60")
    since = timezone.now() - timedelta(seconds=90)
    DBTaskResult.objects.update(enqueued_at=since)
    told()
    with pytest.raises(CommandError, match=r"has waited for 9\d seconds, more than 60\."):
        told("--max-wait", "60")


def test_tasks_that_wait_while_no_worker_lives_are_a_failure() -> None:
    told()
    tasks.add.enqueue(1, 1)
    with pytest.raises(CommandError, match="No worker lives, and tasks wait: 1"):
        told()


def test_a_failure_is_an_exit_code_and_a_sentence(site_folder: Path) -> None:
    tasks.add.enqueue(1, 1)
    run = subprocess.run(
        [sys.executable, "manage.py", "worker_status", "--json"],
        cwd=site_folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.strip() == "CommandError: No worker lives, and tasks wait: 1."
    assert json.loads(run.stdout)["queues"][0]["waiting"] == 1
