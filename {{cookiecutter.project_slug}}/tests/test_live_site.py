"""The test kit's own promise: a live site and its tests see the same data."""

import uuid

from asgiref.sync import sync_to_async

from accounts.models import User
from chat import services
from chat.models import Message, Room

from .clients import LiveClient
from .live import LiveServer


async def test_a_live_site_and_its_test_see_what_the_other_writes(
    live_site: LiveServer, alice: User, bob: User, room: Room
) -> None:
    await sync_to_async(services.message_send)(author=bob, room=room, body="by the test")
    async with (
        LiveClient(live_site, "/ws/", alice) as one,
        LiveClient(live_site, "/ws/chat/general/?since=0", bob) as other,
    ):
        await other.until(
            lambda heard: [frame.get("body") for frame in heard][:1] == ["by the test"]
        )
        await one.open("chat/general")
        command = {"type": "message.send", "client_id": str(uuid.uuid4()), "body": "by the site"}
        await one.send({"stream": "chat/general", "payload": command})
        await other.until(lambda heard: heard[-1].get("body") == "by the site")
    assert [message.body async for message in Message.objects.all()] == [
        "by the test",
        "by the site",
    ]
