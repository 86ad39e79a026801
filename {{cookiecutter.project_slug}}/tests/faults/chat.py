"""What the tests say to the chat."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from tests.clients import LiveClient
from tests.live import SITE, LiveServer, environment

MOVE_IN = """
import django, json, sys
django.setup()
from django.core.management import call_command
from accounts.models import User
from chat.services import room_create
from tests.live import cookie_of

call_command("migrate", verbosity=0)
for name in sys.argv[1:]:
    room_create(name=name)
print(json.dumps([cookie_of(User.objects.create_user(f"user-{n}")) for n in range(10)]))
"""


def move_in(database_url: str, *rooms: str) -> list[str]:
    """Create rooms, or one called General, and ten people. Returns their cookies."""
    env = environment(DATABASE_URL=database_url, DJANGO_SETTINGS_MODULE="config.settings")
    command = [sys.executable, "-c", MOVE_IN, *(rooms or ["General"])]
    done = subprocess.run(command, cwd=SITE, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    cookies: list[str] = json.loads(done.stdout)
    return cookies


def message_send(body: str) -> dict[str, str]:
    return {"type": "message.send", "id": body, "client_id": str(uuid4()), "body": body}


def bodies(heard: Iterable[Any]) -> list[str]:
    """What was said in the room, as a client heard it."""
    return [frame["body"] for frame in heard if frame.get("type") == "message.created"]


def numbers(heard: Iterable[Any]) -> list[int]:
    """The `seq` of each message that a client heard."""
    return [frame["seq"] for frame in heard if frame.get("type") == "message.created"]


async def joined(client: LiveClient) -> None:
    await client.until(lambda heard: any(f.get("type") == "room.joined" for f in heard))


async def say(client: LiveClient, body: str) -> None:
    """Send a message over the room's own socket, and wait until it is stored."""
    await client.send(message_send(body))
    await client.until(lambda heard: any(frame.get("ref") == body for frame in heard))


def ask_for_statistics(site: LiveServer, cookie: str, room: str = "general") -> None:
    """What the page's button does: leave a task for the worker."""
    token = "x" * 32
    headers = {"Cookie": f"{cookie}; csrftoken={token}", "X-CSRFToken": token}
    url = site.url(f"/rooms/{room}/statistics/")
    request = urllib.request.Request(url, headers=headers, method="POST")
    urllib.request.urlopen(request, timeout=90).close()
