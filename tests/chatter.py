"""A person at a running site: signs in through its pages, and talks over its WebSockets."""

import json
import re
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

Frame = dict[str, Any]


class Chatter:
    """Uses the site as a browser would: cookies, CSRF token and Origin included."""

    def __init__(self, url: str, verify: ssl.SSLContext | bool = True) -> None:
        self.url = url
        self.verify = verify
        headers = {"Origin": url, "Referer": f"{url}/"}
        self.http = httpx.Client(
            base_url=url, headers=headers, verify=verify, follow_redirects=True, timeout=20
        )

    def submit(self, page: str, to: str | None = None, **fields: str) -> httpx.Response:
        """Send the form of a page, with its token, to the page itself or to another address."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.http.get(page).text)
        assert token, f"There is no form on {page}."
        response = self.http.post(to or page, data={"csrfmiddlewaretoken": token[1], **fields})
        assert response.is_success, f"{response.url}: {response.status_code}\n{response.text}"
        return response

    def sign_in(self, name: str, password: str = "demo") -> None:
        page = self.submit("/accounts/login/", login=name, password=password)
        assert _is_inside(page), f"{name} cannot sign in:\n{page.text}"

    def sign_up(self, name: str, password: str) -> None:
        address = f"{name}@example.com"
        passwords = {"password1": password, "password2": password}
        page = self.submit("/accounts/signup/", username=name, email=address, **passwords)
        assert _is_inside(page), f"{name} cannot sign up:\n{page.text}"

    def room_statistics(self, slug: str) -> Frame:
        """What the worker says of a room, as the stream `tasks` of the one socket brings it."""
        with self.socket("/ws/") as socket:
            socket.open("tasks")
            room = f"/rooms/{slug}/"
            task = self.submit(room, to=f"{room}statistics/").json()["task"]
            finished = {"type": "task.finished", "task": task}
            frame = socket.wait_for(lambda frame: finished.items() <= frame["payload"].items())
        payload: Frame = frame["payload"]
        return payload

    @contextmanager
    def socket(self, path: str, origin: str | None = None, **headers: str) -> Iterator["Socket"]:
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.http.cookies.jar)
        with connect(
            self.url.replace("http", "ws", 1) + path,
            origin=Origin(origin or self.url),
            additional_headers={"Cookie": cookies, **headers},
            ssl=self.verify if isinstance(self.verify, ssl.SSLContext) else None,
            proxy=None,
        ) as connection:
            yield Socket(connection)

    @contextmanager
    def in_room(
        self, slug: str, *, direct: bool = False, since: int | None = None
    ) -> Iterator["Room"]:
        """Join a room over a socket of its own (direct), or as a stream of the one at /ws/."""
        query = f"?since={since}" if since is not None else ""
        path = f"/ws/chat/{slug}/{query}" if direct else "/ws/"
        with self.socket(path) as socket:
            stream = None if direct else f"chat/{slug}"
            if stream:
                socket.open(stream, {} if since is None else {"since": since})
            room = Room(socket, stream)
            if since is None:
                room.hear("room.joined")
            yield room


def _is_inside(page: httpx.Response) -> bool:
    """A room, or where there is none the list of them."""
    return page.url.path.startswith("/rooms/")


class Socket:
    """A WebSocket that answers the server's pings."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, frame: Frame) -> None:
        self.connection.send(json.dumps(frame))

    def wait_for(self, wanted: Callable[[Frame], object], seconds: float = 10) -> Frame:
        """The next frame that is wanted. Raises TimeoutError if it does not come."""
        deadline = time.monotonic() + seconds
        while True:
            frame = json.loads(self.connection.recv(timeout=deadline - time.monotonic()))
            if frame.get("event") == "ping":
                self.send({"event": "pong", "payload": frame["payload"]})
            elif frame.get("type") == "ping":
                self.send({"type": "pong", "n": frame["n"]})
            elif wanted(frame):
                return dict(frame)

    def open(self, stream: str, params: Frame | None = None) -> None:
        self.send({"stream": stream, "event": "open", "params": params or {}})
        answer = self.wait_for(lambda frame: frame.get("stream") == stream)
        assert answer["event"] == "opened", answer


class Room:
    def __init__(self, socket: Socket, stream: str | None) -> None:
        self.socket = socket
        self.stream = stream

    def say(self, body: str) -> int:
        """Send a message, and return its number in the room."""
        id = uuid.uuid4().hex
        payload = {"type": "message.send", "id": id, "client_id": str(uuid.uuid4()), "body": body}
        self.socket.send({"stream": self.stream, "payload": payload} if self.stream else payload)
        answer = self.hear("ok", ref=id)
        return int(answer["seq"])

    def hear(self, type: str, seconds: float = 10, **values: object) -> Frame:
        """Wait for an event of this type that has these values."""
        expected = {"type": type, **values}
        frame = self.socket.wait_for(
            lambda frame: expected.items() <= self._payload(frame).items(), seconds
        )
        return self._payload(frame)

    def _payload(self, frame: Frame) -> Frame:
        if self.stream is None:
            return frame
        return frame.get("payload", {}) if frame.get("stream") == self.stream else {}
