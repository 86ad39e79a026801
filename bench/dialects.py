"""How a client talks to each kind of peer. One object is one socket's side of the talk."""

from typing import Protocol


class Dialect(Protocol):
    @property
    def path(self) -> str:
        """Where the socket connects."""

    @property
    def ready(self) -> bool:
        """It is in its rooms, as far as the peer tells."""

    def greeting(self) -> list[bytes]:
        """What to say once the socket is open."""

    def heard(self, frame: bytes) -> bytes | None:
        """Take a frame that is no chat message; give the answer it wants, if any."""

    def say(self, room: str, text: str) -> bytes:
        """The frame that says `text` in a room."""


class Plain:
    """JSON on a socket of its own for each room."""

    def __init__(self, rooms: list[str]) -> None:
        [room] = rooms
        self.path = f"/ws/chat/{room}/"
        self.ready = True

    def greeting(self) -> list[bytes]:
        return []

    def heard(self, frame: bytes) -> bytes | None:
        if frame.startswith(b'{"type":"ping"'):
            return frame.replace(b"ping", b"pong", 1)
        return None

    def say(self, room: str, text: str) -> bytes:
        return b'{"message":"%s"}' % text.encode()


class Multiplexed:
    """The site's one socket, with a stream for each room."""

    path = "/ws/"

    def __init__(self, rooms: list[str]) -> None:
        self._rooms = rooms
        self._opened = 0

    @property
    def ready(self) -> bool:
        return self._opened == len(self._rooms)

    def greeting(self) -> list[bytes]:
        return [b'{"stream":"chat/%s","event":"open"}' % room.encode() for room in self._rooms]

    def heard(self, frame: bytes) -> bytes | None:
        if b'"event":"opened"' in frame:
            self._opened += 1
        if frame.startswith(b'{"event":"ping"'):
            return frame.replace(b"ping", b"pong", 1)
        return None

    def say(self, room: str, text: str) -> bytes:
        return b'{"stream":"chat/%s","payload":{"message":"%s"}}' % (room.encode(), text.encode())


class SocketIO:
    """Socket.IO 5 over Engine.IO 4, text frames on a WebSocket from the start.

    Engine.IO puts a digit before each packet (0 open, 2 ping, 3 pong, 4 message), Socket.IO
    another one inside a message (0 connect, 2 event).
    """

    def __init__(self, rooms: list[str]) -> None:
        [room] = rooms
        self.path = f"/socket.io/?EIO=4&transport=websocket&room={room}"
        self.ready = False

    def greeting(self) -> list[bytes]:
        return []  # the server speaks first

    def heard(self, frame: bytes) -> bytes | None:
        if frame.startswith(b"40"):
            self.ready = True
        if frame.startswith(b"0"):
            return b"40"
        return b"3" if frame == b"2" else None

    def say(self, room: str, text: str) -> bytes:
        return b'42["message","%s"]' % text.encode()
