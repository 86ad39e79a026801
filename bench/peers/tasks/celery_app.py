"""As tasks of Celery."""

import os

import celery
from effects import work

app = celery.Celery(broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True

nothing = app.task(name="nothing")(work.nothing)
store = app.task(name="store")(work.store)
