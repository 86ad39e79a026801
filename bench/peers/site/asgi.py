"""The generated site's real-time half with one route more: a broadcast that stores nothing.

The stack is that of the site's `config/asgi.py`: origin check, sign-in, multiplexer. The consumer
is the seam: put here what `realtime` offers for a plain broadcast.
"""

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

django_application = get_asgi_application()

from realtime.multiplexer import Multiplexer  # noqa: E402


class Broadcast(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def connect(self) -> None:
        self.group = f"bench.{self.scope['url_route']['kwargs']['room']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str) -> None:
        event = {"type": "broadcast.message", "text": text_data}
        await self.channel_layer.group_send(self.group, event)

    async def broadcast_message(self, event: dict[str, str]) -> None:
        await self.send(text_data=event["text"])


routes = [path("ws/chat/<slug:room>/", Broadcast.as_asgi())]

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(
                URLRouter([path("ws/", Multiplexer.over(routes, prefix="ws/")), *routes])
            )
        ),
    }
)
