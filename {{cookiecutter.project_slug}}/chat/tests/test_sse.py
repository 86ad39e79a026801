import json
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import HttpCommunicator
from django.test import AsyncClient

from accounts.models import User
from chat import services
from chat.models import Room


class EventStream(HttpCommunicator):  # type: ignore[misc]
    """A response that goes on."""

    async def open(self) -> dict[str, Any]:
        await self.send_input({"type": "http.request", "body": b"", "more_body": False})
        return dict(await self.receive_output(1))

    async def event(self) -> str:
        return str((await self.receive_output(1))["body"].decode())


async def request(path: str, user: User | None = None) -> EventStream:
    from config.asgi import application

    client = AsyncClient()
    headers = []
    if user is not None:
        await client.aforce_login(user)
        headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
    return EventStream(application, "GET", path, headers=headers)


async def test_a_room_can_be_followed_as_server_sent_events(alice: User, room: Room) -> None:
    stream = await request("/rooms/general/events/", alice)
    start = await stream.open()
    assert start["status"] == 200
    assert (b"Content-Type", b"text/event-stream") in start["headers"]
    assert (await stream.event()).startswith(":")
    await database_sync_to_async(services.message_send)(author=alice, room=room, body="a\nb")
    event, number, data, *rest = (await stream.event()).split("\n")
    assert (event, number, rest) == ("event: message.created", "id: 1", ["", ""])
    assert json.loads(data.removeprefix("data: "))["body"] == "a\nb"
    await stream.send_input({"type": "http.disconnect"})
    await stream.wait()


async def test_events_are_for_those_who_are_signed_in(room: Room) -> None:
    assert (await (await request("/rooms/general/events/")).open())["status"] == 403


async def test_a_room_that_does_not_exist_has_no_events(alice: User) -> None:
    assert (await (await request("/rooms/nowhere/events/", alice)).open())["status"] == 404
