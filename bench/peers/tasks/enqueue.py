import os, sys, time, random
import django
django.setup()
kind = sys.argv[1]
if kind == "django":
    from effects import tasks
    from django.db import transaction
    ways = {"store": tasks.store.enqueue, "nothing": tasks.nothing.enqueue}
else:
    import celery_app
    ways = {"store": celery_app.store.delay, "nothing": celery_app.nothing.delay}

def fill(store, nothing):
    from contextlib import nullcontext
    with (transaction.atomic() if kind == "django" else nullcontext()):
        for n in range(store): ways["store"](n)
        for n in range(nothing): ways["nothing"](store+n)

if sys.argv[2] == "fill":
    t=time.monotonic()
    fill(int(sys.argv[3]), int(sys.argv[4]))
    print("filled in", time.monotonic()-t)
