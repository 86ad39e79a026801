"""The site, with consumers that get into trouble, and with a view of what is inside it.

Streams of the socket at /test/, and on sockets of their own: /test/hear/news/.
"""

import asyncio
import gc
import json
import os
from collections import Counter
from dataclasses import replace
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.db import connection
from django.urls import path, re_path

from config.asgi import application as site  # first, as it loads the apps

# isort: split

from chat import feeds
from config.limits import LIMITS, Site, SiteSocket
from realtime import departures, in_turn, sign_out
from realtime.connection import Connection
from realtime.consumer import SocketConsumer
from realtime.database import on_database_thread
from realtime.envelope import Encoded
from realtime.stream import Stream
from realtime.types import Application, Message, Receive, Scope, Send

departures.PATIENCE_SECONDS = 0  # for who comes back, which nobody does here
feeds.LINGER_SECONDS = 0  # since the next test has another room at the same address
in_turn.WAIT_SECONDS = 90  # as all that the test does is done on the same machine
sign_out.CHECK_SECONDS = float(os.environ.get("CHECK_SECONDS", sign_out.CHECK_SECONDS))


class Hearer(SocketConsumer):
    """Passes on what its group hears, and echoes what its client says."""

    async def connect(self) -> None:
        await self.listen(self.scope["url_route"]["kwargs"]["group"])
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data, bytes_data=bytes_data)

    async def said(self, message: Message) -> None:
        await self.send(text_data=Encoded(message["text"]))


class Plain(AsyncWebsocketConsumer):  # type: ignore[misc]
    """A consumer of Channels as its documentation has them."""

    groups = ["plain"]

    async def said(self, message: Message) -> None:
        await self.send(text_data=message["text"])


class Slow(SocketConsumer):
    """Takes a second for each frame."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await asyncio.sleep(1)


class Asking(SocketConsumer):
    """Lets PostgreSQL wait for as many seconds as the client says, and says so too."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await on_database_thread(_wait, float(text_data or 0))
        await self.send(text_data=text_data)


def _wait(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


class HastySite(Site):
    """The one socket, which gives a client less time to prove that it reads."""

    limits = replace(LIMITS, proof_seconds=3)


class HastySocket(SiteSocket):
    limits = HastySite.limits


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    """What lives in this process, once there is nothing left to collect."""
    gc.collect()
    layer = get_channel_layer()._get_layer()
    [shard] = layer._shards
    objects = gc.get_objects()
    living = Counter(
        base.__name__
        for thing in objects
        for base in (Connection, Stream, SocketConsumer)
        if issubclass(type(thing), base)
    )
    counts = {
        "objects": len(objects),
        "tasks": len(asyncio.all_tasks()),
        "listeners": sum(len(group) for group in layer._listeners._groups.values()),
        "subscriptions": len(shard._subscriber._wanted),
        "channels": len(layer.channels),
        "groups": len(layer.groups),
        "connections": living["Connection"],
        "streams": living["Stream"],
        "consumers": living["SocketConsumer"],
    }
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(counts).encode()})


inside: Any = _inside  # Django's path() expects a view
consumers: dict[str, Application] = {
    "test/hear/<slug:group>/": Hearer.as_asgi(),
    "test/plain/": Plain.as_asgi(),
    "test/slow/": Slow.as_asgi(),
    "test/ask/": Asking.as_asgi(),
}
streams = [path(route, consumer) for route, consumer in consumers.items()]
sockets = [
    path("test/", HastySite.over(streams, prefix="test/")),
    *(path(route, HastySocket.around(consumer)) for route, consumer in consumers.items()),
]

mapping = site.application_mapping
application = ProtocolTypeRouter(
    {
        **mapping,
        "http": URLRouter([path("inside/", inside), re_path(r"", mapping["http"])]),
        "websocket": URLRouter([*sockets, re_path(r"", mapping["websocket"])]),
    }
)
