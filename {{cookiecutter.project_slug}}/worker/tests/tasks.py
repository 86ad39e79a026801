"""Tasks for the tests; a task must live in a module, not in a test."""

import asyncio
import os
import threading
import time
from typing import Any

import django.tasks
from django.contrib.auth.models import Group

from worker.context import TaskContext
from worker.task import Retry, task

opened = threading.Event()  # by the test, for the tasks that wait for it


@task
def add(a: int, b: int) -> int:
    return a + b


@task
async def add_async(a: int, b: int) -> int:
    return a + b


@django.tasks.task
def plain() -> str:
    return "by Django's own decorator"


@task(attempts=1)
def fail() -> None:
    raise ZeroDivisionError


@task(attempts=1)
def leave() -> None:
    raise SystemExit(1)


@task(attempts=1)
async def leave_async() -> None:
    raise SystemExit(1)


@task(attempts=1)
def unserializable() -> object:
    return object()


@task(attempts=1)
def nul() -> str:
    return "PostgreSQL does not store \0"


@task(attempts=1)
def fail_with_nul() -> None:
    raise ValueError("nor \0, nor half a character: \udc80")


@task(attempts=1, timeout=0.2)
def hang() -> None:
    opened.wait(60)


@task(attempts=1, timeout=0.2)
async def hang_async() -> None:
    await asyncio.sleep(60)


@task(takes_context=True, attempts=3, backoff=0)
def succeed_at(context: TaskContext, attempt: int) -> int:
    if context.attempt < attempt:
        raise ZeroDivisionError
    return context.attempt


@task(takes_context=True, attempts=2)
def ask_again(context: TaskContext, after: float) -> int:
    if context.attempt == 1:
        raise Retry(after=after)
    return context.attempt


@task(takes_context=True, attempts=1)
def wait(context: TaskContext) -> str:
    """Until the test opens it, or somebody cancels it."""
    while not opened.wait(0.05):
        context.progress(1, 4, "waiting")
    return "opened"


@task(takes_context=True, attempts=1)
def wait_with_an_odd_note(context: TaskContext) -> None:
    context.progress(1, 4, "\0 \udc80")
    opened.wait(60)


@task(attempts=1)
async def wait_async() -> str:
    while not opened.is_set():
        await asyncio.sleep(0.05)
    return "opened"


@task(takes_context=True)
def keys(context: TaskContext) -> str:
    return context.idempotency_key


@task
def create_group(name: str) -> None:
    Group.objects.create(name=name)


@task
def thread_name() -> str:
    return threading.current_thread().name


@task(attempts=2, backoff=0)
def kill_the_worker() -> None:
    os._exit(1)


@task
def sleep(seconds: float) -> None:
    time.sleep(seconds)


@task(queue_name="default")
def owned() -> str:
    return "yours"


type AnyTask = Any
