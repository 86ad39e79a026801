"""Django's tasks with what a durable queue adds: retries, a time limit, an owner.

https://docs.djangoproject.com/en/stable/topics/tasks/
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Concatenate, Literal, TypedDict, Unpack, overload

from django.tasks import Task
from django.tasks import task as django_task

from .context import TaskContext

if TYPE_CHECKING:
    from accounts.models import User

MAX_ATTEMPTS = 10  # as Channels 1 had it for ConsumeLater
FIRST_BACKOFF = 1.0  # seconds
MAX_BACKOFF = 600.0
TIMEOUT = 3600.0


@dataclass(frozen=True, kw_only=True)
class DurableTask[**P, T](Task[P, T]):
    """A task that is tried again when it fails.

    `attempts`: how often it is tried before it counts as failed.
    `backoff`: seconds before the second attempt. Each later pause is about twice the one before,
    shortened at random by up to a half, so that what failed together does not come back together.
    `timeout`: seconds that an attempt may take. An async task is cancelled then; a thread cannot
    be, so a synchronous one may still run beside its next attempt.
    """

    attempts: int = MAX_ATTEMPTS
    backoff: float = FIRST_BACKOFF
    timeout: float = TIMEOUT
    owner_id: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.attempts < 1 or self.backoff < 0 or self.timeout <= 0:
            raise ValueError(f"{self.module_path}: attempts and timeout must be above zero.")

    def using(
        self,
        *,
        priority: int | None = None,
        queue_name: str | None = None,
        run_after: datetime | None = None,
        backend: str | None = None,
        owner: "User | None" = None,
    ) -> "DurableTask[P, T]":
        """As Django's, and `owner`: whose page shows the task, and who may cancel it."""
        changed = super().using(
            priority=priority, queue_name=queue_name, run_after=run_after, backend=backend
        )
        return replace(changed, owner_id=owner.pk) if owner else changed  # type: ignore[return-value,call-arg]

    def pause(self, attempt: int) -> timedelta:
        """How long to wait after that attempt, the first being 1."""
        seconds = min(self.backoff * 2.0 ** min(attempt - 1, 30), MAX_BACKOFF)
        return timedelta(seconds=seconds * random.uniform(0.5, 1))  # noqa: S311  (no secret)


class Retry(Exception):  # noqa: N818  (it is no error)
    """Raised by a task that asks for another attempt.

    `after`: in how many seconds, or from when; without it, as after a failure.
    """

    def __init__(self, after: float | timedelta | datetime | None = None) -> None:
        super().__init__(after)
        self.after = timedelta(seconds=after) if isinstance(after, int | float) else after


class Options(TypedDict, total=False):
    priority: int
    queue_name: str
    backend: str
    attempts: int
    backoff: float
    timeout: float


@overload
def task[**P, T](function: Callable[P, T], /) -> DurableTask[P, T]: ...
@overload
def task[**P, T](
    *, takes_context: Literal[True], **options: Unpack[Options]
) -> Callable[[Callable[Concatenate[TaskContext, P], T]], DurableTask[P, T]]: ...
@overload
def task[**P, T](
    **options: Unpack[Options],
) -> Callable[[Callable[P, T]], DurableTask[P, T]]: ...
def task(*function: Any, **options: Any) -> Any:
    """Django's decorator, typed for the options that are ours. Its own works as well."""
    return django_task(*function, **options)
