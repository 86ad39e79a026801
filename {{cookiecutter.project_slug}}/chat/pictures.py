"""Pictures that people upload: decoded, and drawn anew.

Only pixels, times of frames and the colour profile go from the one file to the other. So where
and with what a photograph was taken stays with whoever took it, and nothing is left of what was
hidden behind a picture, such as a script.
"""

import logging
import threading
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

MAX_PIXELS = 50_000_000  # in all frames together: about 200 MB while they are drawn
MAX_FRAMES = 500

CONTENT_TYPES = {
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
SUFFIXES = {  # the first of each is what such a file should be called
    "image/avif": (".avif", ".avifs"),
    "image/gif": (".gif",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png", ".apng"),
    "image/webp": (".webp",),
}
OPTIONS: dict[str, dict[str, object]] = {
    "AVIF": {"quality": 80, "speed": 9},  # slower ones take a minute for a photograph
    "GIF": {"comment": b""},
    "JPEG": {"quality": 90},
    "PNG": {},
    "WEBP": {"quality": 90},
}

PATIENCE = 5.0  # seconds
_one_at_a_time = threading.Lock()  # for the memory that it takes
logger = logging.getLogger(__name__)


class TooManyPixelsError(Exception):
    """Small as a file, and not in memory."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture drawn anew."""

    content_type: str
    width: int
    height: int
    data: bytes


def redraw(file: IO[bytes]) -> Picture | None:
    """None is for what is no picture, or a broken one.

    Raises TooManyPixelsError, and TimeoutError where others are in line before.
    """
    if not _one_at_a_time.acquire(timeout=PATIENCE):  # who waits keeps a page from being served
        raise TimeoutError
    try:
        with Image.open(file, formats=list(CONTENT_TYPES)) as picture:
            return _redrawn(picture)
    except (
        TooManyPixelsError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,  # where warnings are errors
    ) as error:
        raise TooManyPixelsError from error
    except UnidentifiedImageError:
        return None
    except Exception as error:  # decoders raise anything, given a file made to break them
        logger.info("An upload is a broken picture: %r", error)
        return None
    finally:
        _one_at_a_time.release()


def _redrawn(picture: Image.Image) -> Picture:
    _check_size(picture.width * picture.height)
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)
    output = BytesIO()
    if kind != "JPEG" and getattr(picture, "is_animated", False):
        options = _times(picture) | _profile(picture) | OPTIONS[kind]
        picture.save(output, kind, save_all=True, **options)
        width, height = picture.size
    else:
        still = _still(picture, kind)
        still.save(output, kind, **_profile(still), **OPTIONS[kind])
        width, height = still.size
    return Picture(CONTENT_TYPES[kind], width, height, output.getvalue())


def _times(animation: Image.Image) -> dict[str, Any]:
    durations: list[int] = []
    pixels = 0
    for frame in ImageSequence.Iterator(animation):
        pixels += frame.width * frame.height
        _check_size(pixels, len(durations) + 1)
        frame.load()
        durations.append(frame.info.get("duration", 0))
    times: dict[str, Any] = {"duration": durations}
    if "loop" in animation.info:
        times["loop"] = animation.info["loop"]
    animation.seek(0)
    return times


def _still(picture: Image.Image, kind: str) -> Image.Image:
    still = ImageOps.exif_transpose(picture)
    kept = ("icc_profile", "transparency")
    still.info = {key: still.info[key] for key in kept if key in still.info}
    if kind == "JPEG" and still.mode not in ("L", "RGB"):
        still.info = {}  # the profile was one of ink
        still = still.convert("RGB")
    return still


def _profile(picture: Image.Image) -> dict[str, Any]:
    """Without it, colours that only some screens can show would be dull."""
    profile = picture.info.get("icc_profile")
    return {"icc_profile": profile} if profile else {}


def _check_size(pixels: int, frames: int = 1) -> None:
    if pixels > MAX_PIXELS or frames > MAX_FRAMES:
        raise TooManyPixelsError
