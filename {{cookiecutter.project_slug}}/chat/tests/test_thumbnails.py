"""Small pictures of large ones, made by a worker that runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat import services, upkeep
from chat.models import Attachment, Room
from chat.queries import room_events
from chat.thumbnails import MAX_SIDE, ThumbnailsConsumer, thumbnail_path
from conftest import Connect
from realtime.database import on_database_thread
from realtime.groups import Channel
from worker.server import TaskServer
from worker.tests.serving import serving
from worker.tests.waiting import PATIENCE

from .files import animation, opened, picture, upload


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
async def worker(transactional_db: None) -> AsyncIterator[TaskServer]:
    async with serving() as server:
        yield server


async def store(user: User, room: Room, data: bytes) -> Attachment:
    content = upload("cat.png", data)
    return await on_database_thread(
        services.attachment_create, user=user, room=room, upload=content
    )


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await on_database_thread(is_so):
            await asyncio.sleep(0.02)


def has_thumbnail(pk: UUID) -> Callable[[], bool]:
    return lambda: Attachment.objects.filter(pk=pk, has_thumbnail=True).exists()


def exists(attachment: Attachment) -> bool:
    return default_storage.exists(thumbnail_path(attachment.path))


async def test_the_room_hears_when_a_thumbnail_is_there(
    alice: User, bob: User, room: Room, worker: TaskServer, connect: Connect
) -> None:
    socket = await connect("/ws/chat/general/", bob)
    attachment = await store(alice, room, picture(size=(1600, 400)))
    await on_database_thread(
        services.message_send, author=alice, room=room, body="", attachments=[attachment.pk]
    )
    url = f"/attachments/{attachment.pk}/thumbnail/"
    shown = ""
    while shown != url:
        event = await socket.receive_json_from()
        if event["type"] in ("message.created", "message.changed"):
            shown = event["attachments"][0].get("thumbnail", "")
    response = await on_database_thread(_fetch, bob, url)
    assert response[0]["Content-Type"] == "image/webp"
    with opened(response[1]) as small:
        assert small.size == (MAX_SIDE, MAX_SIDE // 4)


def _fetch(user: User, url: str) -> tuple[dict[str, str], bytes]:
    client = Client()
    client.force_login(user)
    response = client.get(url)
    content = response.getvalue()
    response.close()
    return dict(response.headers), content


async def test_a_thumbnail_that_comes_before_the_message_is_in_it(
    alice: User, room: Room, worker: TaskServer
) -> None:
    attachment = await store(alice, room, picture())
    await until(has_thumbnail(attachment.pk))
    message = await on_database_thread(
        services.message_send, author=alice, room=room, body="", attachments=[attachment.pk]
    )
    _state, events = await on_database_thread(room_events, room.pk, 0, room.epoch)
    assert [event["seq"] for event in events] == [message.seq]
    assert f"{attachment.pk}/thumbnail/" in events[0]["text"]


async def test_thumbnails_go_with_their_pictures(
    alice: User, room: Room, worker: TaskServer
) -> None:
    attachment = await store(alice, room, picture())
    await until(has_thumbnail(attachment.pk))
    assert exists(attachment)
    await on_database_thread(services.attachment_discard, user=alice, pk=attachment.pk)
    await until(lambda: not exists(attachment))


@pytest.mark.parametrize(
    "data",
    [picture("PNG", (MAX_SIDE, MAX_SIDE)), animation("GIF"), b"text"],
    ids=["small", "animation", "text"],
)
def test_what_is_small_or_no_picture_needs_none(
    alice: User, room: Room, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(Channel, "send", lambda channel, message: sent.append(message))
    name = "a.txt" if data == b"text" else "a"
    content = upload(name, data)
    attachment = services.attachment_create(user=alice, room=room, upload=content)
    assert not attachment.needs_thumbnail
    assert sent == []


async def test_thumbnails_that_were_never_asked_for_are_made_later(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise ConnectionError("Redis is gone")

    with monkeypatch.context() as away:
        away.setattr(Channel, "send", fail)
        attachment = await store(alice, room, picture())
    async with serving():
        long_ago = timezone.now() - timedelta(hours=1)
        await Attachment.objects.filter(pk=attachment.pk).aupdate(created_at=long_ago)
        await upkeep.make_missing_thumbnails.aenqueue()
        await until(has_thumbnail(attachment.pk))


def test_a_picture_that_goes_while_its_thumbnail_is_made_leaves_none(
    alice: User, room: Room, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = services.attachment_create(
        user=alice, room=room, upload=upload("cat.png", picture())
    )
    save = default_storage.save

    def delete_then_save(name: str, content: object) -> str:
        Attachment.objects.filter(pk=attachment.pk).delete()
        return str(save(name, content))  # type: ignore[arg-type]

    monkeypatch.setattr(default_storage, "save", delete_then_save)
    ThumbnailsConsumer().generate({"type": "generate", "attachment": str(attachment.pk)})
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_to_make_one_twice_is_to_make_it_once(alice: User, room: Room) -> None:
    attachment = services.attachment_create(
        user=alice, room=room, upload=upload("cat.png", picture())
    )
    message = services.message_send(author=alice, room=room, body="", attachments=[attachment.pk])
    for _ in range(2):
        ThumbnailsConsumer().generate({"type": "generate", "attachment": str(attachment.pk)})
    room.refresh_from_db()
    assert room.seq == message.seq + 1
    assert exists(attachment)
