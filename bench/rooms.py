"""Rooms and what is said in them."""

import time
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .member import Member

FILLING = "the quick brown fox jumps over the lazy dog and finds that the dog was never lazy"


class Wrong(Exception):
    """The peer did something that no chat may do, so it gets no figures."""


class Message:
    __slots__ = ("acknowledged", "author", "number", "room", "sent_at", "text")

    def __init__(self, room: "Room", number: int) -> None:
        self.room = room
        self.number = number
        self.author = number % room.speakers
        self.text = f"<{room.index}:{number}> {FILLING}"
        self.acknowledged = False
        self.sent_at = time.perf_counter()


class Room:
    """Its first members, the speakers, speak in turn.

    While it is pressed, each message that all have heard brings the next one, so that a bounded
    number of them, the window, is under way. With `at_ok`, the server's ok does so instead.
    """

    def __init__(self, index: int, name: str, speakers: int) -> None:
        self.index = index
        self.name = name
        self.speakers = speakers
        self.members: list[Member] = []
        self.messages: list[Message] = []
        self.deliveries = 0
        self.next_step: float = 0  # in deliveries
        self.pressed = False
        self.answered = False  # the peer says ok to each message
        self.at_ok = False
        self.acknowledged = 0

    def speak(self) -> None:
        message = Message(self, len(self.messages))
        self.messages.append(message)
        self.members[message.author].say(self, message.text)

    def press(self, window: int) -> None:
        self.pressed = True
        self.next_step = inf if self.at_ok else self.deliveries + len(self.members)
        for _ in range(window):
            self.speak()

    def step(self) -> None:
        self.next_step += len(self.members)
        if self.pressed:
            self.speak()

    def acknowledge(self, message: Message) -> None:
        message.acknowledged = True
        self.acknowledged += 1
        if self.pressed and self.at_ok:
            self.speak()

    @property
    def under_way(self) -> int:
        said = len(self.messages)
        unanswered = said - self.acknowledged if self.answered else 0
        return said * len(self.members) - self.deliveries + unanswered
