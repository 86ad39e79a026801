"""What the consumers have in common that follow a room over HTTP."""

from realtime import close_codes
from realtime.http import HttpConsumer, HttpError

from .feeds import NotAdmittedError
from .following import Follower, Since


class RoomHttpConsumer(HttpConsumer):
    """Takes a GET of somebody who is signed in, for a room that exists."""

    async def handle(self, body: bytes) -> None:
        if self.scope["method"] != "GET":
            raise HttpError(405, "Only GET.", (b"Allow", b"GET"))
        if not self.scope["user"].is_authenticated:
            raise HttpError(403, "Please sign in.")
        slug = self.scope["url_route"]["kwargs"]["room"]
        try:
            async with Follower(slug, self.scope["user"], self.since()) as follower:
                await self.follow(follower)
        except ValueError:
            raise HttpError(400, "The last event's number is no number.") from None
        except NotAdmittedError as error:
            status = 404 if error.code == close_codes.NOT_FOUND else 403
            raise HttpError(status, str(error)) from None

    def since(self) -> Since:
        """Raises ValueError."""
        return Since.of(self.scope["query_string"])

    async def follow(self, follower: Follower) -> None:
        """Send the response."""
        raise NotImplementedError
