"""The chat of Channels' tutorial as its second part has it, synchronous, in the site's stack.

Nothing is changed for the site: it has a channel of its own, and waits for the layer in a thread.
"""

import json
from typing import Any

import asgi  # loads the apps, before what follows imports them
from asgiref.sync import async_to_sync
from channels.generic.websocket import WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path
from realtime.auth import AuthMiddlewareStack


class Broadcast(WebsocketConsumer):  # type: ignore[misc]
    def connect(self) -> None:
        self.group = f"bench.{self.scope['url_route']['kwargs']['room']}"
        async_to_sync(self.channel_layer.group_add)(self.group, self.channel_name)
        self.accept()

    def disconnect(self, code: int) -> None:
        async_to_sync(self.channel_layer.group_discard)(self.group, self.channel_name)

    def receive(self, text_data: str) -> None:
        message = json.loads(text_data)["message"]
        event = {"type": "chat.message", "message": message}
        async_to_sync(self.channel_layer.group_send)(self.group, event)

    def chat_message(self, event: dict[str, Any]) -> None:
        self.send(text_data=json.dumps({"message": event["message"]}))


sockets = asgi.SiteSocket.around(URLRouter([path("ws/chat/<slug:room>/", Broadcast.as_asgi())]))

application = ProtocolTypeRouter(
    {
        "http": asgi.django_application,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
    }
)
