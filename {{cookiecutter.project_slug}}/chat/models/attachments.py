import uuid

from django.conf import settings
from django.db import models

from .messages import Message
from .rooms import Room


def storage_path(attachment: "Attachment", name: str) -> str:
    """Nothing of what the uploader called it, which could name another file."""
    return f"attachments/{attachment.pk.hex[:2]}/{attachment.pk.hex}"


class Attachment(models.Model):
    """A file that was uploaded into a room; a message shows it as soon as it is sent."""

    AT_MOST = 10  # in one message
    THUMBNAIL_SIDE = 640  # pixels; a picture that is no larger is its own thumbnail

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    file = models.FileField(upload_to=storage_path, max_length=200)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()  # bytes
    content_type = models.CharField(max_length=100)  # by what is in it, not by its name
    width = models.PositiveIntegerField(null=True)  # pixels, of an image
    height = models.PositiveIntegerField(null=True)
    has_thumbnail = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where it is in the site's storage."""
        return str(self.file.name)

    @property
    def is_picture(self) -> bool:
        """Whether the site itself has drawn it: then browsers may show it."""
        return self.width is not None

    @property
    def needs_thumbnail(self) -> bool:
        return max(self.width or 0, self.height or 0) > self.THUMBNAIL_SIDE
