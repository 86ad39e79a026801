"""How a client talks to each kind of peer. One object is one socket's side of the talk."""

import json
import secrets
from typing import Any, Protocol
from uuid import UUID

from .rooms import Wrong


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
        """Take a frame that is no chat message; give the answer it wants, if any.

        Raises Wrong.
        """

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


class Stored(Plain):
    """The same, where each message is stored."""

    def __init__(self, rooms: list[str]) -> None:
        super().__init__(rooms)
        self.path = f"/ws/stored/{rooms[0]}/"


class Chat(Stored):
    """The site's own chat, where a message is a command: it is answered once it is stored."""

    def __init__(self, rooms: list[str], missed_since: str = "") -> None:
        super().__init__(rooms)
        self.path += missed_since
        self.ready = False
        self._client_id = secrets.randbits(64) << 64

    def heard(self, frame: bytes) -> bytes | None:
        if frame.startswith(b'{"type":"room.joined"'):
            joined: dict[str, Any] = json.loads(frame)
            if not joined["recovered"]:
                raise Wrong("It does not have what was missed.")
            self.last_seen = f"?since={joined['seq']}&epoch={joined['epoch']}"
            self.ready = True
        if frame.startswith(b'{"type":"error"'):
            raise Wrong(f"It refused a message: {frame!r}")
        return super().heard(frame)

    def say(self, room: str, text: str) -> bytes:
        stamp, _, _ = text.partition(" ")
        self._client_id += 1
        return b'{"type":"message.send","id":"%s","client_id":"%s","body":"%s"}' % (
            stamp.encode(),
            str(UUID(int=self._client_id)).encode(),
            text.encode(),
        )


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
