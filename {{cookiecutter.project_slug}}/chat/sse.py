"""A room as server-sent events, for clients without WebSockets.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer

from realtime.types import Message as LayerMessage

from .events import room_group
from .models import Room


class RoomEvents(AsyncHttpConsumer):  # type: ignore[misc]
    """Streams `message.created` events until the client goes."""

    group: str | None = None

    async def http_request(self, message: LayerMessage) -> None:
        """Open the stream; unlike the generic consumer's, the response goes on after this."""
        if self.scope["method"] != "GET":
            await self.send_response(405, b"Only GET.")
            raise StopConsumer
        if not self.scope["user"].is_authenticated:
            await self.send_response(403, b"Please sign in.")
            raise StopConsumer
        room = await Room.objects.filter(slug=self.scope["url_route"]["kwargs"]["room"]).afirst()
        if room is None:
            await self.send_response(404, b"There is no such room.")
            raise StopConsumer
        self.group = room_group(room)
        await self.channel_layer.group_add(self.group, self.channel_name)
        headers = [(b"Content-Type", b"text/event-stream"), (b"Cache-Control", b"no-cache")]
        await self.send_headers(headers=headers)
        await self.send_body(b": connected\n\n", more_body=True)

    async def room_event(self, event: LayerMessage) -> None:
        data = f"event: message.created\nid: {event['seq']}\ndata: {event['text']}\n\n"
        await self.send_body(data.encode(), more_body=True)

    async def disconnect(self) -> None:
        if self.group is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)
