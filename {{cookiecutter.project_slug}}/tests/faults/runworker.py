"""`manage.py runworker` with a lease, a sweep and a clock of the test's choice, as environment."""

import os
import sys
import time
from datetime import timedelta

import django
from django.core.management import execute_from_command_line
from django.utils import timezone

AHEAD = float(os.environ.get("CLOCK_AHEAD_SECONDS", "0"))
right_time, right_now = time.time, timezone.now


def main() -> None:
    time.time = lambda: right_time() + AHEAD
    timezone.now = lambda: right_now() + timedelta(seconds=AHEAD)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from worker import models, pool

    models.LEASE = timedelta(seconds=float(os.environ.get("LEASE_SECONDS", "30")))
    pool.LOOK_SECONDS = float(os.environ.get("LOOK_SECONDS", "2"))
    execute_from_command_line(["manage.py", "runworker", *sys.argv[1:]])


if __name__ == "__main__":
    main()
