"""Tasks for the tests; a task must live in a module, not in a test."""

from typing import Any

from django.tasks import TaskContext, task


@task
def add(a: int, b: int) -> int:
    return a + b


@task
async def add_async(a: int, b: int) -> int:
    return a + b


@task
def fail() -> None:
    raise ZeroDivisionError


@task
def leave() -> None:
    raise SystemExit(1)


@task
def unserializable() -> object:
    return object()


@task(takes_context=True)
def attempt(context: TaskContext[..., Any]) -> int:
    return context.attempt


@task
def owned(*, owner_id: int) -> str:
    return f"for {owner_id}"
