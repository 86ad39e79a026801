"""Channels of their own: `Channel("thumbnails-generate", alias="queue").send({...})`."""

import asyncio
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from chat.models import Attachment, Room
from chat.thumbnails import MAX_SIDE, thumbnail_path
from realtime.groups import Channel
from worker.models import TaskState
from worker.server import TaskServer

from .waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

GENERATE = Channel("thumbnails-generate", alias="queue")
DELETE = Channel("thumbnails-delete", alias="queue")
THUMBNAIL = thumbnail_path("cat")


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def cat(alice: User, room: Room) -> dict[str, str]:
    """The message that asks for a thumbnail of what `draw` draws."""
    attachment = Attachment.objects.create(
        room=room,
        uploader=alice,
        file="cat",
        name="cat.png",
        size=1,
        content_type="image/png",
        width=1600,
        height=1200,
    )
    return {"type": "generate", "attachment": str(attachment.pk)}


def draw(media: Path) -> None:
    Image.new("RGB", (1600, 1200), "teal").save(media / "cat", "PNG")


async def until(exists: bool) -> None:
    async with asyncio.timeout(PATIENCE):
        while default_storage.exists(THUMBNAIL) is not exists:
            await asyncio.sleep(0.02)


async def test_a_thumbnail_is_generated_and_deleted(
    cat: dict[str, str], worker: TaskServer, media: Path
) -> None:
    draw(media)
    await GENERATE.asend(cat)
    await until(exists=True)
    with default_storage.open(THUMBNAIL) as file, Image.open(file) as picture:
        assert picture.size == (MAX_SIDE, MAX_SIDE * 3 // 4)
    await DELETE.asend({"type": "delete", "path": "cat"})
    await until(exists=False)


async def test_a_message_whose_handling_fails_is_tried_again(
    cat: dict[str, str], worker: TaskServer, media: Path
) -> None:
    await GENERATE.asend(cat)  # there is none yet
    async with asyncio.timeout(PATIENCE):
        while not await TaskState.objects.filter(result__traceback__contains="cat").aexists():
            await asyncio.sleep(0.02)
    draw(media)
    await until(exists=True)


@pytest.mark.parametrize("kind", ["unknown", "_store", "."])
async def test_a_message_that_nobody_handles_harms_no_other(
    cat: dict[str, str],
    worker: TaskServer,
    media: Path,
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    draw(media)
    await GENERATE.asend({"type": kind})
    await GENERATE.asend(cat)
    await until(exists=True)
    assert "was refused" in caplog.text
