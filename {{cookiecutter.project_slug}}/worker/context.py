"""What a running task may ask and tell, by its argument `context`."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import django.tasks

NOTE_LENGTH = 200


class Cancelled(Exception):  # noqa: N818  (it is no error)
    """Somebody asked the task to stop."""


def storable(text: str) -> str:
    """PostgreSQL holds no NUL; neither that nor JSON holds half of a surrogate pair."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")


@dataclass(frozen=True, kw_only=True)
class TaskContext(django.tasks.TaskContext[..., Any]):  # type: ignore[misc]  # its stub is not frozen
    """Django's context, with the key, the progress and the request to stop."""

    _report: Callable[[float, float | None, str], None] = field(repr=False)
    _is_cancelled: Callable[[], bool] = field(repr=False)

    @property
    def idempotency_key(self) -> str:
        """The same at each attempt of this task, and no other task's.

        A task may run twice: its worker may die after the work and before that is recorded. What
        must happen once is stored under this key, in a column that is unique.
        """
        return self.task_result.id

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the task to stop. An async task is cancelled without asking."""
        return self._is_cancelled()

    def progress(self, done: float, total: float | None = None, note: str = "") -> None:
        """Tell the owner how far the task is, as often as you like: it costs next to nothing.

        Raises Cancelled where somebody asked the task to stop, and ValueError for no number.
        """
        if not math.isfinite(done) or not math.isfinite(total or 0):
            raise ValueError(f"No progress: {done} of {total}.")
        short = storable(note)[:NOTE_LENGTH]
        self._report(float(done), None if total is None else float(total), short)
        if self.cancelled:
            raise Cancelled
