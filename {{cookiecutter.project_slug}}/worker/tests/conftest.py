from collections.abc import AsyncIterator, Iterator

import pytest

from worker.models import Schedule
from worker.server import TaskServer

from . import tasks
from .serving import serving


@pytest.fixture
async def worker(transactional_db: None) -> AsyncIterator[TaskServer]:
    """A worker in this process, as in a site without Redis."""
    async with serving() as server:
        yield server


@pytest.fixture
def gate() -> Iterator[None]:
    """Closed for the tasks that wait at it. The test, or its end, opens it."""
    tasks.opened.clear()
    yield
    tasks.opened.set()


@pytest.fixture(autouse=True)
def no_schedules(transactional_db: None) -> None:
    Schedule.objects.all().delete()  # those of the migration
