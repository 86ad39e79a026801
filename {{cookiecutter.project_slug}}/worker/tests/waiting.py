"""Waiting for what a worker does."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django_tasks_db.models import DBTaskResult

from worker.models import TaskState

PATIENCE = 20  # seconds, after which it will never happen


async def until(task_id: str | UUID, is_so: Callable[[TaskState], bool]) -> TaskState:
    """The state of a task, once it is as the function wants it."""
    states = TaskState.objects.select_related("result")
    async with asyncio.timeout(PATIENCE):
        while True:
            state = await states.aget(result__id=task_id)
            if is_so(state):
                return state
            await asyncio.sleep(0.02)


async def finished(task_id: str | UUID) -> DBTaskResult[..., Any]:
    return (await until(task_id, lambda state: state.result.finished_at is not None)).result


async def running(task_id: str | UUID) -> TaskState:
    return await until(task_id, lambda state: state.worker_id is not None)
