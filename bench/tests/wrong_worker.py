"""db_worker, but that it breaks one promise: the one that the environment variable WRONG names."""

import os
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django_tasks_db.management.commands import db_worker  # noqa: E402

WRONG = os.environ["WRONG"]


class Worker(db_worker.Worker):
    def run_task(self, row: Any) -> None:
        if row.args_kwargs["args"] != [7]:
            return super().run_task(row)
        if WRONG != "lose":
            row.task.call(7)
        if WRONG == "repeat":
            row.task.call(7)
        if WRONG != "forget":
            row.set_successful(None)


db_worker.Worker = Worker
call_command("db_worker", interval=0.05)
