"""Running a task once."""

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.tasks import TaskResult
from django.utils.json import normalize_json

from .context import Cancelled, TaskContext
from .models import TaskState
from .outcomes import Failure, Outcome, Success, failure
from .task import DurableTask
from .threads import ThreadCall

GOODBYE_SECONDS = 5  # that an async task may take to end when it is cancelled


class Attempt:
    """One run of a task that this worker has claimed."""

    def __init__(self, state: TaskState, on_progress: Callable[[], None]) -> None:
        self.state = state
        self.cancelled = False
        self.progressed = False  # since whoever reads this set it back
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._call: asyncio.Task[Outcome] | None = None
        self._thread: ThreadCall[Any] | None = None
        self._is_late = False

    @property
    def hangs(self) -> bool:
        """Whether the call goes on, though its time is up."""
        if not self._is_late:
            return False
        in_thread = self._thread is not None and self._thread.is_alive()
        return in_thread or (self._call is not None and not self._call.done())

    def cancel(self) -> None:
        """Ask the task to stop: an async one is cancelled, another one asks its context."""
        self.cancelled = True
        if self._call is not None and iscoroutinefunction(self.state.task.func):
            self._call.cancel()

    async def run(self) -> Outcome:
        """Call the task. Whatever it raises is an outcome, a call of sys.exit() too."""
        try:
            task = self.state.task
        except Exception as error:  # renamed or removed since it was enqueued
            return Failure(error)
        self._call = asyncio.create_task(self._outcome(task))
        try:
            done, _ = await asyncio.wait([self._call], timeout=task.timeout)
            if done:
                return self._call.result()
            self._is_late = True
            late = TimeoutError(f"The task took longer than {task.timeout} seconds.")
            if iscoroutinefunction(task.func):
                self._call.cancel()
                await asyncio.wait([self._call], timeout=GOODBYE_SECONDS)
            return failure(task, self.state.attempts, late)
        finally:
            self._call.cancel()

    async def _outcome(self, task: DurableTask[..., Any]) -> Outcome:
        try:
            given = self.state.result.args_kwargs
            args, kwargs = list(given["args"]), given["kwargs"]
            if task.takes_context:
                args.insert(0, self._context(self.state.result.task_result))
            if iscoroutinefunction(task.func):
                value = await task.func(*args, **kwargs)
            else:
                self._thread = ThreadCall(task.func, *args, **kwargs)
                value = await self._thread
            return Success(normalize_json(value))
        except asyncio.CancelledError as error:
            return failure(task, self.state.attempts, Cancelled() if self.cancelled else error)
        except BaseException as error:
            return failure(task, self.state.attempts, error)

    def _context(self, result: TaskResult[..., Any]) -> TaskContext:
        return TaskContext(
            task_result=result, _report=self._report, _is_cancelled=lambda: self.cancelled
        )

    def _report(self, done: float, total: float | None, note: str) -> None:
        """Take the task's word of how far it is, from whichever thread."""
        self.state.done, self.state.total, self.state.note = done, total, note
        if not self.progressed:
            self.progressed = True
            self._loop.call_soon_threadsafe(self._on_progress)
