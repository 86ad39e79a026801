"""Enqueue tasks that do nothing, at random times, and print when that was.

python enqueue.py effects.tasks enqueue 200 40     so many, so many a second
"""

import json
import random
import sys
import time
from importlib import import_module

import django


def main(module: str, method: str, number: str, rate: str) -> None:
    enqueue = getattr(import_module(module).nothing, method)
    times = []
    for task in range(int(number)):
        time.sleep(random.expovariate(float(rate)))
        times.append(time.monotonic())
        enqueue(task)
    json.dump(times, sys.stdout)


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
