import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Room(models.Model):
    """A place to talk. `seq` is the number of its last message."""

    name = models.CharField(_("name"), max_length=500, unique=True)
    slug = models.SlugField(_("address"), max_length=80, unique=True, editable=False)
    seq = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    last_message: "Message | None"  # set by queries.rooms_with_last_message()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("chat:room", args=[self.slug])


class Message(models.Model):
    """Something said in a room. `seq` counts up by one in each room, in the order of commits."""

    BODY_MAX_LENGTH = 10_000

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages"
    )
    seq = models.PositiveBigIntegerField(editable=False)
    client_id = models.UUIDField(default=uuid.uuid4, editable=False)
    body = models.TextField(_("message"), max_length=BODY_MAX_LENGTH)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["room", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_per_seq"),
            # A client that repeats a send, because it saw no answer, is given the first result.
            models.UniqueConstraint(fields=["author", "client_id"], name="one_message_per_send"),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.body[:50]}"
