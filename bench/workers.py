"""The workers that run tasks: what each is. README.md has the why."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from .catalogue import PEERS, SITE

FOLDER = PEERS / "tasks"
MANAGE = (sys.executable, str(SITE / "manage.py"))
CELERY = (sys.executable, "-m", "celery", "-A", "celery_app", "worker")


@dataclass(frozen=True, kw_only=True, eq=False)
class Worker:
    name: str
    label: str
    command: tuple[str, ...]
    killed: str  # what becomes of tasks whose worker is killed
    folder: Path = FOLDER
    environment: dict[str, str] = field(default_factory=dict)
    celery: bool = False  # its tasks are Celery's, and not Django's
    processes: int = 1
    quick: bool = True  # a part of the quick run
    soon: bool = True  # how soon it starts a task is measured
    to_the_end: bool = False  # it also runs all that wait


def of_site(name: str, label: str, processes: int = 1) -> Worker:
    return Worker(
        name=name,
        label=f"this site, {label}",
        command=(*MANAGE, "runworker"),
        killed="run again, 30 s later",
        processes=processes,
        soon=processes == 1,
        to_the_end=processes == 1,
    )


def of_celery(
    name: str, label: str, *options: str, quick: bool = False, late: bool = False
) -> Worker:
    return Worker(
        name=f"celery_{name}",
        label=f"Celery, {label}",
        command=(*CELERY, *options),
        killed="run again, an hour later" if late else "lost",
        environment={
            "DJANGO_SETTINGS_MODULE": "celery_settings",
            **({"ACKS_LATE": "on"} if late else {}),
        },
        celery=True,
        quick=quick,
        soon=not late,
    )


PREFORK = ("--pool", "prefork", "--concurrency", "1")
THREADS = ("--pool", "threads", "--concurrency", "8")

WORKERS = [
    Worker(
        name="db_worker",
        label="django-tasks-db, db_worker",
        command=(*MANAGE, "db_worker"),
        killed="never end",
    ),
    of_site("site_worker", "runworker"),
    of_site("site_worker_2", "2 processes", 2),
    of_site("site_worker_4", "4 processes", 4),
    of_celery("prefork", "1 process", *PREFORK, quick=True),
    of_celery("prefork_late", "1 process, acks late", *PREFORK, late=True),
    of_celery("threads", "8 threads", *THREADS),
]
