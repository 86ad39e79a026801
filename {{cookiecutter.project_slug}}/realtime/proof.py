"""Proof that a client reads what it is sent.

A server's `send` may take anything and wait for nothing (Daphne's does), and a client that
talks is not one that reads. So now and then the server sends a number of its choice. The
answer proves that the client has read all that was sent before.
"""

import asyncio
import random
from collections.abc import Callable
from typing import NamedTuple

QUESTIONS = 16  # in one budget


class _Question(NamedTuple):
    number: int
    sent: int
    asked_at: float


class ProofOfReading:
    """Counts the bytes sent on one connection against a budget of unproven ones.

    `give_up` is called where an answer does not come within `seconds`.
    """

    def __init__(self, budget: int, seconds: float, give_up: Callable[[], None]) -> None:
        self._budget = budget
        self._seconds = seconds
        self._give_up = give_up
        self._sent = self._proven = 0
        self._next_question = budget // QUESTIONS
        self._questions: list[_Question] = []
        self._timer: asyncio.TimerHandle | None = None
        self._room: asyncio.Event | None = None
        self._closed = False

    @property
    def overdrawn(self) -> bool:
        """So much is unproven that whoever can wait should, by `wait_for_room()`."""
        return self._sent - self._proven > self._budget and not self._closed

    @property
    def pending(self) -> bool:
        """Some question is open, so the client's next frame may be the answer."""
        return bool(self._questions)

    def count(self, size: int) -> int | None:
        """Account for bytes that were just sent. Returns the number to send now, if any."""
        self._sent += size
        if self._sent < self._next_question or self._closed:
            return None
        self._next_question = self._sent + self._budget // QUESTIONS
        loop = asyncio.get_running_loop()
        number = random.getrandbits(32)  # which nobody guesses who does not read
        self._questions.append(_Question(number, self._sent, loop.time()))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._check)
        return number

    def answer(self, number: object) -> bool:
        """Take the client's answer to the oldest open question. False if it is none."""
        if not self._questions or self._questions[0].number != number:
            return False
        self._proven = self._questions.pop(0).sent
        if self._room is not None and not self.overdrawn:
            self._room.set()
        return True

    async def wait_for_room(self) -> None:
        while self.overdrawn:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()

    def close(self) -> None:
        """Ask no more, and keep nobody waiting."""
        self._closed = True
        self._questions.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._room is not None:
            self._room.set()

    def _check(self) -> None:
        self._timer = None
        if not self._questions:
            return
        loop = asyncio.get_running_loop()
        due = self._questions[0].asked_at + self._seconds
        if loop.time() >= due:
            self._give_up()
        else:
            self._timer = loop.call_at(due, self._check)
