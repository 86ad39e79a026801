"""The two tasks, whoever runs them: each leaves its number and its times in a file."""

import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

TRACE = struct.Struct("=Idd")  # number, began, ended: by a clock that all processes share
traces = os.open(os.environ["TRACES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def nothing(number: int) -> None:
    with traced(number):
        pass


def store(number: int) -> None:
    from .models import Effect

    with traced(number):
        Effect.objects.create(number=number)


@contextmanager
def traced(number: int) -> Iterator[None]:
    began = time.monotonic()
    yield
    os.write(traces, TRACE.pack(number, began, time.monotonic()))
