"""What an uploaded file is, by what is in it: neither its name nor the browser is believed."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from realtime.errors import CommandError

from . import pictures
from .pictures import SUFFIXES, Picture, TooManyPixelsError

NAME_MAX_LENGTH = 200
UNKNOWN = "application/octet-stream"
SIGNATURES = {
    rb"%PDF-": "application/pdf",
    rb"PK(\x03\x04|\x05\x06)": "application/zip",
    rb"(?s).{4}ftyp(isom|iso[2-9]|mp4[12]|avc1|M4V |dash)": "video/mp4",
    rb"(?s)\x1aE\xdf\xa3.{,60}webm": "video/webm",
    rb"ID3|\xff[\xfb\xf3\xf2]": "audio/mpeg",
    rb"OggS": "audio/ogg",
}
NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # 1b colours what programs print


@dataclass(frozen=True, slots=True)
class CheckedUpload:
    """A file as it may be stored. Only a picture has a width and a height."""

    name: str
    content_type: str
    content: File[Any]
    width: int | None = None
    height: int | None = None


def check(upload: "UploadedFile[Any]") -> CheckedUpload:
    """Raises CommandError, with a sentence for whoever chose the file."""
    name = clean_name(upload.name or "")
    if not upload.size:
        raise CommandError("bad_file", _("This file is empty."))
    try:
        picture = pictures.redraw(upload)
    except TooManyPixelsError:
        raise CommandError("bad_file", _("This picture has too many pixels.")) from None
    except TimeoutError:
        text = _("Many pictures are being uploaded. Please try again.")
        raise CommandError("busy", text, retry_after=5) from None
    if picture is not None:
        return _picture(name, picture)
    if PurePath(name).suffix.lower() in {suffix for group in SUFFIXES.values() for suffix in group}:
        text = _("This file has the name of a picture and is none, or is broken.")
        raise CommandError("bad_file", text)
    content_type = sniff(upload)
    upload.seek(0)
    return CheckedUpload(name, content_type, upload)


def clean_name(name: str) -> str:
    """Without folders, and without characters that turn the direction or cannot be seen."""
    base = re.split(r"[/\\]", name)[-1]
    shown = "".join(character for character in base if character.isprintable()).strip(" .")
    if len(shown) > NAME_MAX_LENGTH:
        suffix = PurePath(shown).suffix[-20:]
        shown = shown[: NAME_MAX_LENGTH - len(suffix)] + suffix
    return shown or "file"


def sniff(file: "UploadedFile[Any]") -> str:
    """The type of what is no picture. What is not known is only ever downloaded."""
    file.seek(0)
    head = file.read(128)
    for signature, content_type in SIGNATURES.items():
        if re.match(signature, head):
            return content_type
    return "text/plain" if _is_text(file.chunks()) else UNKNOWN


def _picture(name: str, picture: Picture) -> CheckedUpload:
    """Called what it is, so that no system takes it for a page or a program."""
    suffixes = SUFFIXES[picture.content_type]
    suffix = PurePath(name).suffix.lower()
    if suffix not in suffixes:
        is_other_picture = any(suffix in group for group in SUFFIXES.values())
        name = (name[: -len(suffix)] if is_other_picture else name) + suffixes[0]
    content = ContentFile(picture.data)
    return CheckedUpload(name, picture.content_type, content, picture.width, picture.height)


def _is_text(chunks: Iterator[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
            if NOT_IN_TEXT.search(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
