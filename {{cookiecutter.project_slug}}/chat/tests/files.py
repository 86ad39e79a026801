"""Files as people upload them: real ones, made when a test asks."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

SCRIPT = b"<script>alert(document.domain)</script>"
FORMATS = {"PNG": "png", "JPEG": "jpeg", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 800), **options: Any) -> bytes:
    """One that is not of one colour only, or its thumbnail would be as well."""
    data = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(data, kind, **options)
    return data.getvalue()


def animation(kind: str, frames: int = 3, size: tuple[int, int] = (40, 30)) -> bytes:
    colours = [(25 * number % 256, 90, 160) for number in range(frames)]
    first, *others = [Image.new("RGB", size, colour) for colour in colours]
    data = BytesIO()
    times = [100 * (number + 1) for number in range(frames)]
    first.save(data, kind, save_all=True, append_images=others, duration=times, loop=0)
    return data.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    """As Django gives it to a view; the browser claims that it is a page."""
    return SimpleUploadedFile(name, data, content_type="text/html")
