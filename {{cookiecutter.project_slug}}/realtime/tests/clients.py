"""A client of one consumer, on a socket of its own or on a stream of the multiplexer."""

from collections.abc import Awaitable
from typing import Any, Literal, Protocol

from channels.routing import URLRouter
from django.urls import path

from realtime.multiplexer import Multiplexer
from realtime.testing import PatientCommunicator
from realtime.types import Application

type Way = Literal["socket", "stream"]


class Visit(Protocol):
    """`await visit(Consumer.as_asgi(), "board/7", route="board/<int:board>", user=alice)`"""

    def __call__(
        self,
        consumer: Application,
        name: str = "it",
        *,
        route: str | None = None,
        **scope: object,
    ) -> Awaitable["Client"]: ...


class Client:
    def __init__(self, way: Way, name: str, route: str, consumer: Application) -> None:
        self.way = way
        self._stream = name if way == "stream" else None
        routes = [path(f"ws/{route}/", consumer)]
        if way == "stream":
            application, url = Multiplexer.over(routes, prefix="ws/"), "/ws/"
        else:
            application, url = URLRouter(routes), f"/ws/{name}/"
        self.socket = PatientCommunicator(application, url)

    async def open(self, scope: dict[str, object]) -> None:
        self.socket.scope.update(scope)
        assert (await self.socket.connect())[0]
        self._refused: int | None = None
        if self._stream is not None:
            await self.socket.send_json_to({"stream": self._stream, "event": "open"})
            answer = await self.socket.receive_json_from()
            if answer["event"] == "closed":
                self._refused = answer["payload"]["code"]

    async def send(self, payload: object) -> None:
        frame = payload if self._stream is None else {"stream": self._stream, "payload": payload}
        await self.socket.send_json_to(frame)

    async def receive(self) -> Any:
        frame = await self.socket.receive_json_from()
        return frame if self._stream is None else frame["payload"]

    async def ask(self, type: str, **fields: object) -> Any:
        """Send a command; the next message must be its reply."""
        await self.send({"type": type, "id": "7", **fields})
        reply = await self.receive()
        assert reply["ref"] == "7", reply
        return reply

    async def closed(self) -> int:
        """The code with which the consumer closed or refused."""
        if self._refused is not None:
            return self._refused
        message = await self.socket.receive_output()
        if self._stream is None:
            assert message["type"] == "websocket.close", message
            return int(message["code"])
        assert '"event":"closed"' in message["text"], message
        return int(message["text"].partition('"code":')[2].partition(",")[0])

    async def hears_nothing(self) -> bool:
        return bool(await self.socket.receive_nothing())

    async def leave(self) -> None:
        if not self.socket.future.done():
            await self.socket.disconnect()
