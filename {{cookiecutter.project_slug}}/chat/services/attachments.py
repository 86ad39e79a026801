from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import uploads
from chat.models import Attachment, Room
from chat.models.attachments import storage_path
from chat.uploads import CheckedUpload
from realtime.errors import CommandError
from realtime.groups import Channel

from .numbers import change_message, lock_room

GENERATE = Channel("thumbnails-generate", alias="queue")
DELETE = Channel("thumbnails-delete", alias="queue")


def attachment_create(*, user: User, room: Room, upload: "UploadedFile[Any]") -> Attachment:
    """Store a file that a message of this user may show.

    Raises CommandError, with a sentence for whoever chose the file. Not for a transaction: to look
    into a file and to store it takes time.
    """
    _check_place(user, room)
    if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
        size = filesizeformat(settings.UPLOAD_MAX_BYTES)
        raise CommandError("too_large", _("A file may have %(size)s at most.") % {"size": size})
    checked = uploads.check(upload)
    attachment = _reserve(user, room, checked)
    try:
        default_storage.save(attachment.path, checked.content)
    except BaseException:
        attachment.delete()
        raise
    if attachment.needs_thumbnail:
        ask_for_thumbnail(attachment.pk)
    return attachment


@transaction.atomic
def _reserve(user: User, room: Room, checked: CheckedUpload) -> Attachment:
    """The row comes before the file, so that the storage holds nothing that no row knows of."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # who may upload twice at once
    if Attachment.objects.filter(uploader=user, message=None).count() >= settings.UPLOADS_UNSENT:
        raise CommandError("too_many", _("Send the files that you have uploaded before, first."))
    attachment = Attachment(
        room=room,
        uploader=user,
        name=checked.name,
        size=checked.content.size,
        content_type=checked.content_type,
        width=checked.width,
        height=checked.height,
    )
    attachment.file = storage_path(attachment, checked.name)
    attachment.save()
    return attachment


def attachment_delete(attachment: Attachment) -> None:
    """Remove a file, its row at once and what is stored once that is committed."""
    attachment.delete()


def attachment_discard(*, user: User, pk: UUID) -> None:
    """Remove a file that its uploader has not sent. Raises CommandError if there is none."""
    with transaction.atomic():  # and the lock, since it may be sent at the same moment
        unsent = Attachment.objects.filter(pk=pk, uploader=user, message=None)
        attachment = unsent.select_for_update().first()
        if attachment is None:
            raise CommandError("not_found", _("This file has gone, or was sent."))
        attachment_delete(attachment)


def attachments_forget_unsent(older_than: timedelta) -> None:
    """Remove what was uploaded and never sent."""
    before = timezone.now() - older_than
    unsent = Attachment.objects.filter(message=None, created_at__lt=before)
    for uploader, pk in unsent.values_list("uploader", "pk"):
        with transaction.atomic():
            locked = unsent.filter(pk=pk, uploader=uploader).select_for_update().first()
            if locked is not None:
                attachment_delete(locked)


def ask_for_thumbnail(pk: UUID) -> None:
    """Robust: where the queue is away, chat/upkeep.py asks again."""
    message = {"type": "generate", "attachment": str(pk)}
    transaction.on_commit(partial(GENERATE.send, message), robust=True)


def thumbnail_made(pk: UUID) -> bool:
    """Note that a thumbnail is stored, and tell the room of it; False if its file has gone."""
    room_id = Attachment.objects.filter(pk=pk).values_list("room", flat=True).first()
    if room_id is None:
        return False
    with transaction.atomic():
        room = lock_room(room_id)  # under which messages are sent: it was by now, or is not yet
        attachment = Attachment.objects.select_related("message").filter(pk=pk).first()
        if attachment is None:
            return False
        if not attachment.has_thumbnail:
            attachment.has_thumbnail = True
            attachment.save(update_fields=["has_thumbnail"])
            if attachment.message is not None:
                change_message(room, attachment.message)
    return True


@receiver(post_delete, sender=Attachment)
def remove_files(instance: Attachment, **kwargs: Any) -> None:
    """By a signal: files also go with their room or user, by cascades that call no service."""
    path = instance.path
    transaction.on_commit(partial(default_storage.delete, path), robust=True)
    if instance.needs_thumbnail:
        message = {"type": "delete", "path": path}
        transaction.on_commit(partial(DELETE.send, message), robust=True)


def _check_place(user: User, room: Room) -> None:
    if room.kind != Room.Kind.OPEN and not room.memberships.filter(user=user).exists():
        raise CommandError("not_allowed", _("You are not in this room."))
    if room.archived_at is not None:
        raise CommandError("archived", _("This room is archived."))
