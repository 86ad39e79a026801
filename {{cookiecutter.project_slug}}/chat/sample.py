"""Rooms with some life in them, for the first look at the site."""

import math
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.models import User

from . import services
from .models import Membership, Message, Room
from .thumbnails import ThumbnailsConsumer

type People = dict[str, User]


class Line(NamedTuple):
    """What somebody says. `reply_to` counts the lines of the room from 1, as their numbers do."""

    author: str
    body: str
    minutes_ago: int
    reply_to: int | None = None
    reactions: tuple[tuple[str, str], ...] = ()  # (user name, emoji)
    picture: str = ""
    kind: str = Message.Kind.TEXT


class Scene(NamedTuple):
    name: str
    topic: str
    lines: list[Line]
    members: tuple[str, ...] = ()  # of a private room, its owner first


DAY = 24 * 60

SCENES = [
    Scene(
        "General",
        "What this site can do. Write in it!",
        [
            Line("carol", "Good morning! The site is up.", DAY + 90, None, (("alice", "🎉"),)),
            Line("alice", "That was quick. What is under it?", DAY + 84),
            Line(
                "carol",
                "Django and Channels: https://channels.readthedocs.io/ has the manual.\n"
                "Each of these lines went through a consumer of a few lines:\n"
                "```\n@handles(MessageSend)\nasync def message_send(self, command):\n"
                "    return await self._send(command, command.body)\n```",
                DAY + 80,
                2,
                (("alice", "👍"), ("bob", "👍")),
            ),
            Line(
                "bob",
                "Open it in a second window and sign in as me. We can talk to ourselves.",
                DAY + 33,
            ),
            Line(
                "alice",
                "Every message is stored before it is acknowledged. If the connection drops,"
                " you get what you missed when it is back; what you wrote meanwhile waits, and is"
                " sent once.",
                65,
            ),
            Line("bob", "is pulling the plug to try that", 60, kind=Message.Kind.ACTION),
            Line("bob", "Back. Nothing is missing.", 58, 5, (("alice", "😂"), ("carol", "😂"))),
            Line("carol", "Seen from the train, a minute ago:", 12, picture="hills.png"),
            Line("alice", "@bob, can you add that to the front page?", 9, 8),
            Line("bob", "Sure. The worker has made a thumbnail of it already.", 4, 9),
        ],
    ),
    Scene(
        "Random",
        "",
        [
            Line("carol", "Does anyone else read release notes for fun?", DAY * 2),
            Line("alice", "Only on days that end in y.", DAY * 2 - 3, None, (("carol", "❤️"),)),
        ],
    ),
    Scene(
        "Café, thé & gâteaux",
        "Names may hold anything: é, 🍰, <b>bold</b>",
        [Line("bob", "Who brings the cake on Friday?", 300)],
    ),
    Scene(
        "Garden party",
        "A surprise for Carol",
        [
            Line("alice", "Carol cannot see this room: only its members can.", 190),
            Line("bob", "Lanterns or candles?", 182),
        ],
        ("alice", "bob"),
    ),
]


def create(people: People) -> None:
    """Create the rooms that are not there yet."""
    for scene in SCENES:
        if not Room.objects.filter(name=scene.name).exists():
            _play(scene, people)
    direct = services.direct_room(user=people["bob"], other=people["alice"])
    if direct.seq == 0:
        _say(Line("bob", "Hi Alice! Just between us: try /help in any room.", 25), direct, people)


def _play(scene: Scene, people: People) -> None:
    kind = Room.Kind.PRIVATE if scene.members else Room.Kind.OPEN
    owner = people[scene.members[0] if scene.members else scene.lines[0].author]
    room = services.room_create(name=scene.name, owner=owner, kind=kind, topic=scene.topic)
    for name in scene.members or people:
        Membership.objects.get_or_create(room=room, user=people[name])
    messages = [_say(line, room, people) for line in scene.lines]
    for line, message in zip(scene.lines, messages, strict=True):
        for name, emoji in line.reactions:
            where = {"room_id": room.pk, "seq": message.seq}
            services.message_react(user=people[name], emoji=emoji, on=True, **where)


def _say(line: Line, room: Room, people: People) -> Message:
    author = people[line.author]
    files = [_picture(line.picture)] if line.picture else []
    attachments = [
        services.attachment_create(user=author, room=room, upload=file).pk for file in files
    ]
    for pk in attachments:  # at once, since perhaps no worker runs yet
        ThumbnailsConsumer().generate({"type": "generate", "attachment": str(pk)})
    message = services.message_send(
        author=author,
        room=room,
        body=line.body,
        kind=line.kind,
        reply_to=line.reply_to,
        attachments=attachments,
    )
    said_at = timezone.now() - timedelta(minutes=line.minutes_ago)
    Message.objects.filter(pk=message.pk).update(created_at=said_at)
    Membership.objects.filter(room=room, user=author).update(read_seq=message.seq)
    return message


def _picture(name: str) -> SimpleUploadedFile:
    """Hills in the evening."""
    size = width, height = 960, 540
    picture = Image.new("RGB", size)
    picture.putdata(list(_pixels(width, height)))
    data = BytesIO()
    picture.save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), content_type="image/png")


def _pixels(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    ridges = [(0.52, 0.05, 1.3, (122, 128, 150)), (0.64, 0.07, 2.1, (78, 104, 110))]
    ridges += [(0.78, 0.05, 3.2, (38, 72, 66))]
    for y in range(height):
        for x in range(width):
            down, across = y / height, x / width
            colour = (int(250 - 60 * down), int(170 + 40 * down), int(120 + 90 * down))
            for base, rise, waves, hill in ridges:
                if down > base + rise * math.sin(waves * (across * 6.3 + base * 9)):
                    colour = hill
            yield colour
