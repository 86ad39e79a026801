from django import template
from django.conf import settings

from chat.models import Attachment
from chat.shown import File

SHOWN_SIDE = 320  # pixels of the page; static/js/attachments.js has the same

register = template.Library()


@register.inclusion_tag("chat/attachment.html")
def attachment(file: File | None, kind: str = "") -> dict[str, object]:
    """A file in a message; without one, the <template> of a `picture` or of a `file`."""
    if file is None:
        return {"file": None, "is_picture": kind == "picture"}
    if file.width is None or file.height is None:
        return {"file": file, "is_picture": False}
    # Known before the picture is there, so that nothing jumps.
    scale = min(1.0, SHOWN_SIDE / max(file.width, file.height))
    width, height = (max(1, round(side * scale)) for side in (file.width, file.height))
    return {"file": file, "is_picture": True, "width": width, "height": height}


@register.simple_tag
def upload_limits() -> dict[str, int]:
    """Bytes of a file, and files of a message, so that the page need not ask to refuse."""
    return {"bytes": settings.UPLOAD_MAX_BYTES, "files": Attachment.AT_MOST}
