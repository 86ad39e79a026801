import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .rooms import Room


class Message(models.Model):
    """Something said in a room. Its `seq` is its number there, and that of the event it was."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        ACTION = "action", _("action")  # what the author does: "/me waves"

    BODY_MAX_LENGTH = 10_000

    # Without indexes of their own, as the constraints below have both first.
    room = models.ForeignKey(
        Room, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    seq = models.PositiveBigIntegerField(editable=False)
    client_id = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    body = models.TextField(_("message"), max_length=BODY_MAX_LENGTH, blank=True)
    reply_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["room_id", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_per_seq"),
            # A client that repeats a send, because it saw no answer, is given the first result.
            models.UniqueConstraint(fields=["author", "client_id"], name="one_message_per_send"),
        ]
        indexes = [
            # Unread messages are counted in it alone: SQLite wants `deleted_at` itself for that.
            models.Index(
                fields=["room", "seq", "author", "deleted_at"],
                condition=models.Q(deleted_at=None),
                name="messages_to_count",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room_id}/{self.seq}"  # and not what was said, which may be private

    def get_absolute_url(self) -> str:
        return f"{self.room.get_absolute_url()}?at={self.seq}"


class Change(models.Model):
    """A number that was taken by a change: to that message, or without one to the room itself.

    What changed is not kept, only what it is now: to hear of a change twice is to hear it once.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="changes", db_index=False)
    seq = models.PositiveBigIntegerField()
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, null=True, related_name="changes"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_change_per_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.seq}"


class Reaction(models.Model):
    """An emoji that somebody put under a message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=32)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "user", "emoji"], name="one_reaction_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.emoji}"


class Mention(models.Model):
    """Somebody whose name a message contains, and whether they have seen that."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions"
    )
    seen = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="one_mention_each"),
        ]
        indexes = [
            models.Index(
                fields=["user"], condition=models.Q(seen=False), name="mention_not_seen_yet"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.message}"
