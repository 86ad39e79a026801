"""Small pictures of large ones, made by the worker."""

from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from realtime.types import Message
from worker.durable import DurableConsumer

MAX_SIDE = 320  # pixels


def thumbnail_path(path: str) -> str:
    """Where the thumbnail of a picture is, in the same storage."""
    return f"thumbnails/{path}.webp"


class ThumbnailsConsumer(DurableConsumer):
    """Hears of pictures in the site's storage:

    Channel("thumbnails-generate", alias="queue").send({"type": "generate", "path": "cat.jpg"})
    Channel("thumbnails-delete", alias="queue").send({"type": "delete", "path": "cat.jpg"})

    To do either twice is to do it once.
    """

    def generate(self, message: Message) -> None:
        path = message["path"]
        with default_storage.open(path) as file, Image.open(file) as picture:
            small = ImageOps.exif_transpose(picture).convert("RGBA")
        small.thumbnail((MAX_SIDE, MAX_SIDE))
        data = BytesIO()
        small.save(data, "WEBP")
        self.delete(message)
        default_storage.save(thumbnail_path(path), ContentFile(data.getvalue()))

    def delete(self, message: Message) -> None:
        default_storage.delete(thumbnail_path(message["path"]))
