"""One socket. It checks that what it hears is what was said: all of it, once, and in order."""

import asyncio
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from .dialects import Dialect
from .rooms import Message, Room, Wrong

if TYPE_CHECKING:
    from .crowd import Crowd

STAMP = re.compile(rb"<(\d+):(\d+)>")
HELLO = re.compile(rb"hello (\d+) to (\d+)!")
OK = b'{"type":"ok"'  # to a message, of which it repeats the stamp


class Member(WSListener):
    """Of one room, or of several through the multiplexer."""

    def __init__(self, crowd: "Crowd", rooms: Sequence[Room], dialect: Dialect) -> None:
        self.crowd = crowd
        self.dialect = dialect
        self.ready = asyncio.get_running_loop().create_future()
        self.greeted: dict[Room, int] = {}  # the last greeting heard
        # The number that each author of each room must say next; authors are positions in a room.
        self.expected = {room: list(range(room.speakers)) for room in rooms}
        self._decoded = crowd.decoded
        for room in rooms:
            room.members.append(self)

    def say(self, room: Room, text: str) -> None:
        self._write(self.dialect.say(room.name, text))

    def _write(self, frame: bytes) -> None:
        self.transport.send(WSMsgType.TEXT, frame)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        for frame in self.dialect.greeting():
            self._write(frame)
        if self.dialect.ready:
            self.ready.set_result(None)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        # The hot path: all of a room get the same bytes, so only the first of them are decoded.
        data = frame.get_payload_as_bytes()
        message = self._decoded.get(data)
        if message is None:
            message = self._first_of_its_kind(data, frame)
            if message is None:
                return
        room, author = message.room, message.author
        expected = self.expected.get(room)
        if expected is None or expected[author] != message.number:
            wanted = "nothing" if expected is None else expected[author]
            self.crowd.fail(f"{room.name}: got message {message.number}, expected {wanted}.")
            return
        expected[author] += len(expected)
        room.deliveries += 1
        if room.deliveries >= room.next_step:
            room.step()
        if self.crowd.timing and (not self.crowd.at_echo or room.members[author] is self):
            self.crowd.latencies.append(time.perf_counter() - message.sent_at)

    def _first_of_its_kind(self, data: bytes, frame: WSFrame) -> Message | None:
        if found := STAMP.search(data):
            index, number = map(int, found.groups())
            try:
                message = self.crowd.rooms[index].messages[number]
            except IndexError:
                self.crowd.fail(f"Nobody said this: {data!r}")
                return None
            if data.startswith(OK):
                self._on_ok(message)
                return None
            if message.text.encode() not in data:
                self.crowd.fail(f"The text was changed: {data!r}")
            self._decoded[data] = message
            return message
        if frame.msg_type == WSMsgType.CLOSE:
            self.crowd.fail(f"It closed a socket: {frame.get_close_code()}.")
        elif found := HELLO.search(data):
            attempt, index = map(int, found.groups())
            self.greeted[self.crowd.rooms[index]] = attempt
        else:
            self._take(data)
        if self.dialect.ready and not self.ready.done():
            self.ready.set_result(None)
        return None

    def _take(self, data: bytes) -> None:
        try:
            answer = self.dialect.heard(data)
        except Wrong as why:
            self.crowd.fail(str(why))
        else:
            if answer:
                self._write(answer)

    def _on_ok(self, message: Message) -> None:
        if message.acknowledged:
            self.crowd.fail(f"Message {message.number} was acknowledged twice.")
        message.room.acknowledge(message)
        if self.crowd.timing_oks:
            self.crowd.latencies.append(time.perf_counter() - message.sent_at)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.crowd.fail("It dropped a socket.")
