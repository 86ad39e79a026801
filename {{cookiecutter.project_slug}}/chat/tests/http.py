"""What the tests of the room over HTTP share."""

from django.conf import settings
from django.test import AsyncClient

from accounts.models import User
from chat import services
from chat.models import Room
from realtime.database import on_database_thread
from realtime.tests.http import HttpClient


async def request(
    path: str, user: User | None = None, method: str = "GET", body: bytes = b"", /, **headers: str
) -> HttpClient:
    """A request to the whole site, as this user: `last_event_id="5"` is a header."""
    from config.asgi import application  # not before the test settings are in force

    headers["host"] = "testserver"
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    if user is not None:
        client = AsyncClient()
        await client.aforce_login(user)
        name = settings.SESSION_COOKIE_NAME
        pairs.append((b"cookie", f"{name}={client.cookies[name].value}".encode()))
    return HttpClient(application, method, path, body, headers=pairs)


async def say(author: User, room: Room, *bodies: str) -> None:
    for body in bodies:
        await on_database_thread(services.message_send, author=author, room=room, body=body)


async def write_silently(author: User, room: Room, body: str) -> None:
    """Store a message of which nobody hears, as when the channel layer loses the event."""

    def write() -> None:
        room.refresh_from_db()
        room.seq += 1
        room.save()
        room.messages.create(author=author, seq=room.seq, body=body)

    await on_database_thread(write)
