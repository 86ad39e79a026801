"""What comes of an attempt at a task."""

import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .context import Cancelled, storable
from .task import DurableTask, Retry


class WorkerDiedError(Exception):
    """The worker of the task did not say for half a minute that it lives."""


@dataclass(frozen=True, slots=True)
class Success:
    value: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """`again` says when to try once more, or after how long. None: never."""

    error: BaseException
    again: timedelta | datetime | None = None

    @property
    def exception_class_path(self) -> str:
        return f"{type(self.error).__module__}.{type(self.error).__qualname__}"

    @property
    def traceback(self) -> str:
        return storable("".join(traceback.format_exception(self.error)))


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The worker stops, so another one shall take the task. It does not count as an attempt."""


type Outcome = Success | Failure | GivenBack


def failure(task: DurableTask[..., Any], attempt: int, error: BaseException) -> Failure:
    """What follows from an error in that attempt, the first being 1."""
    if isinstance(error, Cancelled) or attempt >= task.attempts:
        return Failure(error)
    if isinstance(error, Retry) and error.after is not None:
        return Failure(error, error.after)
    return Failure(error, task.pause(attempt))
