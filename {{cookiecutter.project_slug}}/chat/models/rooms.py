import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User

    from .messages import Message


def new_epoch() -> str:
    return secrets.token_hex(8)


def new_token() -> str:
    return secrets.token_urlsafe(24)


class Room(models.Model):
    """A place to talk.

    `seq` counts what happens in it: each message takes the next number, and each change to one
    or to the room. It goes back if a backup is restored, so then `epoch` must be renewed.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("open")  # to everybody who is signed in
        PRIVATE = "private", _("private")  # to its members
        DIRECT = "direct", _("direct")  # between two

    TOPIC_MAX_LENGTH = 250

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OPEN)
    name = models.CharField(_("name"), max_length=500)  # of a direct one, empty
    topic = models.CharField(_("topic"), max_length=TOPIC_MAX_LENGTH, blank=True)
    slug = models.SlugField(_("address"), max_length=80, unique=True, editable=False)
    seq = models.PositiveBigIntegerField(default=0, editable=False)
    epoch = models.CharField(max_length=16, default=new_epoch, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    # Of a direct one, the two people: services.direct_room() makes one for each pair.
    direct_key = models.CharField(  # noqa: DJ001 - unique, so that most rooms need a null
        max_length=80, null=True, unique=True, editable=False
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="chat.Membership", related_name="rooms"
    )

    # Set by queries/rooms.py, for the one who asks
    mine: "Membership | None" = None
    other: "User | None" = None  # of a direct one: with whom
    last_message: "Message | None" = None
    unread: int = 0  # messages of others, as far as queries.UNREAD_AT_MOST
    mentioned: bool = False  # and not seen yet

    class Meta:
        ordering = ["name"]
        constraints = [
            # A private room's name must not tell others that there is such a room.
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(kind="open"),
                name="one_open_room_per_name",
                violation_error_message=_("There is a room of this name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.slug

    def get_absolute_url(self) -> str:
        return reverse("chat:room", args=[self.slug])

    @property
    def shown_name(self) -> str:
        """What the one who asks calls it: a direct room, by the other's name."""
        if self.kind != self.Kind.DIRECT:
            return self.name
        return self.other.shown_name if self.other else gettext("Somebody who has left")

    @property
    def is_direct(self) -> bool:
        return self.kind == self.Kind.DIRECT


class Membership(models.Model):
    """Somebody in a room. In an open one it begins with the first visit."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MEMBER = "member", _("member")

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    read_seq = models.PositiveBigIntegerField(default=0)  # the last message that was seen
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "room"], name="one_membership_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"


class Invitation(models.Model):
    """Whoever has the link may join a private room, until it expires or is taken back."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="invitations")
    token = models.CharField(max_length=43, default=new_token, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.room} until {self.expires_at:%x}"

    def get_absolute_url(self) -> str:
        return reverse("chat:invitation", args=[self.token])
