"""Small pictures of large ones, made by the worker."""

from io import BytesIO
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from realtime.types import Message
from worker.durable import DurableConsumer

from . import services
from .models import Attachment

MAX_SIDE = Attachment.THUMBNAIL_SIDE


def thumbnail_path(path: str) -> str:
    """Where the thumbnail of a picture is, in the same storage."""
    return f"thumbnails/{path}.webp"


class ThumbnailsConsumer(DurableConsumer):
    """Hears of uploads that are pictures, and of those that have gone:

    Channel("thumbnails-generate", alias="queue").send({"type": "generate", "attachment": id})
    Channel("thumbnails-delete", alias="queue").send({"type": "delete", "path": attachment.path})

    To do either twice is to do it once.
    """

    def generate(self, message: Message) -> None:
        pk = UUID(message["attachment"])
        attachment = Attachment.objects.filter(pk=pk, has_thumbnail=False).first()
        if attachment is None:
            return
        path = thumbnail_path(attachment.path)
        with default_storage.open(attachment.path) as file, Image.open(file) as picture:
            data = _small(picture)
        default_storage.delete(path)  # of an attempt that got no further
        default_storage.save(path, ContentFile(data))
        if not services.thumbnail_made(pk):  # the picture was deleted meanwhile
            default_storage.delete(path)

    def delete(self, message: Message) -> None:
        default_storage.delete(thumbnail_path(message["path"]))


def _small(picture: Image.Image) -> bytes:
    profile = picture.info.get("icc_profile")
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    data = BytesIO()
    small.save(data, "WEBP", icc_profile=profile)
    return data.getvalue()
