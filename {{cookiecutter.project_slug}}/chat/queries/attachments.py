from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from chat.models import Attachment

from .rooms import visible_rooms

PATIENCE = timedelta(minutes=5)  # with the worker, before it is asked for a thumbnail again


def attachment_for(user: User, pk: UUID) -> Attachment | None:
    """A file, if this user may see it: in a message of their rooms, or unsent and their own."""
    in_sight = Q(room__in=visible_rooms(user).values("pk"))
    sent = Q(message__isnull=False, message__deleted_at=None) & in_sight
    unsent = Q(message=None, uploader=user)
    return Attachment.objects.filter(sent | unsent, pk=pk).first()


def missing_thumbnails() -> Iterator[UUID]:
    side = Attachment.THUMBNAIL_SIDE
    large = Q(width__gt=side) | Q(height__gt=side)
    before = timezone.now() - PATIENCE
    waiting = Attachment.objects.filter(large, has_thumbnail=False, created_at__lt=before)
    return waiting.values_list("pk", flat=True).iterator()
