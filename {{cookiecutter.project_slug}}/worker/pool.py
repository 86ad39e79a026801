"""Runs what the ledger gives: so many tasks at a time, in one event loop."""

import asyncio
import contextlib
import logging

import django.db

from realtime.database import on_database_thread

from .attempt import Attempt
from .events import Announcer
from .ledger import Ledger
from .models import TaskState
from .outcomes import GivenBack, Outcome
from .schedule import enqueue_due

LOOK_SECONDS = 2.0  # between looks at the tables, for what no message told
DATABASE_PAUSE_SECONDS = 1.0
PROGRESS_SECONDS = 0.25

logger = logging.getLogger(__name__)


class TooManyHangError(Exception):
    """As many tasks hang as there are places, so only a new process can go on."""


class Pool:
    """Claims tasks when it is woken, when a place becomes free, and every two seconds."""

    def __init__(self, ledger: Ledger, concurrency: int, grace: float) -> None:
        self._ledger = ledger
        self._concurrency = concurrency
        self._grace = grace
        self._running: dict[asyncio.Task[Outcome], Attempt] = {}
        self._ended: list[tuple[TaskState, Outcome]] = []
        self._to_note: set[Attempt] = set()  # those that told how far they are since the last look
        self._hanging: list[Attempt] = []
        self._telling: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._look_at = 0.0
        self._stop_at: float | None = None
        self._database_is_away = False
        self._announcer = Announcer()

    def wake(self) -> None:
        self._woken.set()

    @property
    def is_stopping(self) -> bool:
        return self._stop_at is not None

    def stop(self) -> None:
        """Take no new task. `run` returns when those that run have ended, or their grace.

        The second call ends the grace.
        """
        grace = self._grace if self._stop_at is None else 0
        self._stop_at = self._loop.time() + grace
        self.wake()

    async def run(self) -> None:
        """Until it is stopped. Raises TooManyHangError."""
        async with self._announcer.running():
            while not self._is_over():
                pause = await self._turn()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
                self._woken.clear()
            await self._leave()
        if not self.is_stopping:
            raise TooManyHangError(f"{len(self._hanging)} tasks took too long, and go on.")

    def _is_over(self) -> bool:
        if self._stop_at is None:
            self._hanging = [attempt for attempt in self._hanging if attempt.hangs]
            return len(self._hanging) >= self._concurrency
        return not self._running or self._loop.time() >= self._stop_at

    async def _turn(self) -> float:
        """Bring what has ended, take what is ready. Returns for how long nothing else is due."""
        try:
            await self._settle()
            if self._loop.time() >= self._look_at:
                await self._look()
            pause = await self._claim()
        except django.db.Error as error:
            if not self._database_is_away:
                logger.error("The database is away, so tasks wait: %s", str(error).strip())
            self._database_is_away = True
            return DATABASE_PAUSE_SECONDS
        if self._database_is_away:
            logger.info("The database is back.")
        self._database_is_away = False
        if self._stop_at is not None:
            pause = min(pause, self._stop_at - self._loop.time())
        return max(0.0, min(pause, self._look_at - self._loop.time()))

    async def _settle(self) -> None:
        ended = list(self._ended)
        if ended:
            settled = await on_database_thread(self._ledger.settle, ended)
            del self._ended[: len(ended)]  # not before, or they were lost with the database
            for state in settled:
                self._announcer.tell(state)

    async def _look(self) -> None:
        """Do what no message asks for, a sign of life first."""
        await on_database_thread(self._ledger.sign_in)
        progressed, self._to_note = self._to_note, set()
        await on_database_thread(self._ledger.note_progress, [run.state for run in progressed])
        for state in await on_database_thread(self._ledger.take_back):
            self._announcer.tell(state)
        running = {attempt.state.pk: attempt for attempt in self._running.values()}
        for state in await on_database_thread(self._ledger.held):
            if state.pk not in running:
                # Claimed, and then the database's answer was lost.
                self._ended.append((state, GivenBack()))
            elif state.cancel_requested and not running[state.pk].cancelled:
                running[state.pk].cancel()
        await on_database_thread(enqueue_due)
        self._look_at = self._loop.time() + LOOK_SECONDS

    async def _claim(self) -> float:
        free = self._concurrency - len(self._running)
        if self.is_stopping or not free:
            return LOOK_SECONDS
        claimed = await on_database_thread(self._ledger.claim, free)
        for state in claimed:
            self._start(state)
        if len(claimed) == free:
            return LOOK_SECONDS
        return await on_database_thread(self._ledger.next_due) or LOOK_SECONDS

    def _start(self, state: TaskState) -> None:
        attempt = Attempt(state, self._progress_soon)
        running = asyncio.create_task(attempt.run())
        self._running[running] = attempt
        running.add_done_callback(self._end)
        self._announcer.tell(state)

    def _end(self, running: asyncio.Task[Outcome]) -> None:
        attempt = self._running.pop(running)
        if not running.cancelled():
            self._ended.append((attempt.state, running.result()))
        if attempt.hangs:
            self._hanging.append(attempt)
        self.wake()

    def _progress_soon(self) -> None:
        if self._telling is None:
            self._telling = self._loop.call_later(PROGRESS_SECONDS, self._tell_progress)

    def _tell_progress(self) -> None:
        self._telling = None
        for attempt in self._running.values():
            if attempt.progressed:
                attempt.progressed = False
                self._to_note.add(attempt)
                self._announcer.tell(attempt.state, "task.progress")

    async def _leave(self) -> None:
        """Let other workers have what this one did not finish."""
        self._ended += [(attempt.state, GivenBack()) for attempt in self._running.values()]
        for running in list(self._running):
            running.cancel()
        try:
            await self._settle()
            await on_database_thread(self._ledger.sign_out)
        except django.db.Error as error:
            logger.error("The database is away; what ran here runs again later: %s", error)
