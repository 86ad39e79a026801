"""Plain Channels consumers, as a site may have them, to run inside the multiplexer."""

import asyncio
from typing import Any

from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
    JsonWebsocketConsumer,
    WebsocketConsumer,
)

from realtime.consumer import SocketConsumer


class EchoText(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data, bytes_data=bytes_data)


class EchoJson(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    async def receive_json(self, content: Any) -> None:
        await self.send_json({"echo": content})


class EchoSync(JsonWebsocketConsumer):  # type: ignore[misc]
    def receive_json(self, content: Any) -> None:
        self.send_json({"echo": content})


class Described(JsonWebsocketConsumer):  # type: ignore[misc]
    """Tells its own scope."""

    def connect(self) -> None:
        self.accept()
        self.send_json(
            {
                "path": self.scope["path"],
                "query": self.scope["query_string"].decode(),
                "kwargs": self.scope["url_route"]["kwargs"],
            }
        )


class Grouped(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    groups = ["everybody"]

    async def receive_json(self, content: Any) -> None:
        await self.channel_layer.group_send("everybody", {"type": "said", "content": content})

    async def said(self, event: dict[str, Any]) -> None:
        await self.send_json(event["content"])


class Refusing(WebsocketConsumer):  # type: ignore[misc]
    def connect(self) -> None:
        self.close(4403, "members only")


class Crashing(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        raise ZeroDivisionError


class Closing(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Closes with the code that it is sent."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(int(text_data or 0), "as you wish")


class Slow(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await asyncio.sleep(60)


class Recording(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Writes down how its connections ended."""

    disconnects: list[int] = []

    async def disconnect(self, code: int) -> None:
        self.disconnects.append(code)


class SignIn(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Signs in whom it is told, as `channels.auth.login()` does, and says who that is."""

    async def receive_json(self, content: Any) -> None:
        if content is not None:
            self.scope["user"] = content
        await self.send_json([str(self.scope["user"])])


class Mute(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Neither accepts nor refuses."""

    received: list[str | None] = []

    async def connect(self) -> None:
        pass

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.received.append(text_data)


class Hasty(SocketConsumer):
    """Sends before it accepts."""

    async def connect(self) -> None:
        await self.send(text_data="hello")
        await self.accept()
