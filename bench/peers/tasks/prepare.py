"""Make the database, and enqueue one task of each kind with Django and with Celery."""

import django

django.setup()

import celery_app  # noqa: E402
from django.core.management import call_command  # noqa: E402
from effects import tasks  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
for kind in ("nothing", "store"):
    getattr(tasks, kind).enqueue(0)
    getattr(celery_app, kind).delay(0)
