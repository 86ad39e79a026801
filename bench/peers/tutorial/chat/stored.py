"""The same chat with what its users add first: it stores messages before it sends them."""

import json

from .consumers import ChatConsumer
from .models import Message, Room


class StoredChatConsumer(ChatConsumer):
    async def connect(self) -> None:
        name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room, _ = await Room.objects.aget_or_create(name=name)
        await super().connect()

    async def receive(self, text_data: str) -> None:
        body = json.loads(text_data)["message"]
        author = self.scope["user"]
        await Message.objects.acreate(room=self.room, author=author, body=body)
        await super().receive(text_data)
