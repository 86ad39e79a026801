"""Channels of their own: `Channel("thumbnails-generate", alias="queue").send({...})`."""

import asyncio
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from chat.thumbnails import MAX_SIDE, thumbnail_path
from realtime.groups import Channel
from worker.models import TaskState
from worker.server import TaskServer

from .waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

GENERATE = Channel("thumbnails-generate", alias="queue")
DELETE = Channel("thumbnails-delete", alias="queue")
THUMBNAIL = thumbnail_path("cat.png")


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def draw(path: Path) -> None:
    Image.new("RGB", (800, 600), "teal").save(path)


async def until(exists: bool) -> None:
    async with asyncio.timeout(PATIENCE):
        while default_storage.exists(THUMBNAIL) is not exists:
            await asyncio.sleep(0.02)


async def test_a_thumbnail_is_generated_and_deleted(worker: TaskServer, media: Path) -> None:
    draw(media / "cat.png")
    await GENERATE.asend({"type": "generate", "path": "cat.png"})
    await until(exists=True)
    with default_storage.open(THUMBNAIL) as file, Image.open(file) as picture:
        assert picture.size == (MAX_SIDE, MAX_SIDE * 3 // 4)
    await DELETE.asend({"type": "delete", "path": "cat.png"})
    await until(exists=False)


async def test_a_message_whose_handling_fails_is_tried_again(
    worker: TaskServer, media: Path
) -> None:
    await GENERATE.asend({"type": "generate", "path": "cat.png"})  # there is none yet
    async with asyncio.timeout(PATIENCE):
        while not await TaskState.objects.filter(result__traceback__contains="cat.png").aexists():
            await asyncio.sleep(0.02)
    draw(media / "cat.png")
    await until(exists=True)


@pytest.mark.parametrize("kind", ["unknown", "_store", "."])
async def test_a_message_that_nobody_handles_harms_no_other(
    worker: TaskServer, media: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    draw(media / "cat.png")
    await GENERATE.asend({"type": kind})
    await GENERATE.asend({"type": "generate", "path": "cat.png"})
    await until(exists=True)
    assert "was refused" in caplog.text
