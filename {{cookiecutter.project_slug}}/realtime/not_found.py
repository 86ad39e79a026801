"""The last WebSocket route: says that there is nothing here, instead of failing."""

from channels.generic.websocket import AsyncWebsocketConsumer

from . import close_codes


class NotFoundConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Closes any socket with 4404."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(close_codes.NOT_FOUND)
