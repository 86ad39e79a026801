"""The tasks as Celery's. REDIS_URL is the broker; ACKS_LATE is as in its documentation."""

import os

import celery
import django

django.setup()

from effects import work  # noqa: E402

app = celery.Celery(broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True
app.conf.task_acks_late = "ACKS_LATE" in os.environ
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000  # else it connects anew for each task

nothing = app.task(name="nothing")(work.nothing)
store = app.task(name="store")(work.store)
