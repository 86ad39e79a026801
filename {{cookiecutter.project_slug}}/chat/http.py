"""What the consumers have in common that follow a room over HTTP."""

from realtime.database import on_database_thread
from realtime.http import HttpConsumer, HttpError

from .following import Follower, since_in
from .models import Room


class RoomHttpConsumer(HttpConsumer):
    """Takes a GET of somebody who is signed in, for a room that exists."""

    async def handle(self, body: bytes) -> None:
        if self.scope["method"] != "GET":
            raise HttpError(405, "Only GET.", (b"Allow", b"GET"))
        if not self.scope["user"].is_authenticated:
            raise HttpError(403, "Please sign in.")
        slug = self.scope["url_route"]["kwargs"]["room"]
        room = await on_database_thread(Room.objects.filter(slug=slug).first)
        if room is None:
            raise HttpError(404, "There is no such room.")
        try:
            since = self.since()
        except ValueError:
            raise HttpError(400, "The last message's number is no number.") from None
        async with Follower(room, since) as follower:
            await self.follow(follower)

    def since(self) -> int | None:
        return since_in(self.scope["query_string"])

    async def follow(self, follower: Follower) -> None:
        """Send the response."""
        raise NotImplementedError
