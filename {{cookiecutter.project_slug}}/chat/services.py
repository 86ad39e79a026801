"""Everything that writes. Views, consumers, tasks and the admin call these; only these publish."""

import uuid
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import User
from realtime.groups import Group

from .events import message_created, room_group
from .models import Message, Room


def room_create(*, name: str) -> Room:
    """Create a room under an address of its own. Raises IntegrityError if the name is taken."""
    base = slugify(name)[:60] or "room"
    slug = base
    while Room.objects.filter(slug=slug).exists():
        slug = f"{base}-{uuid.uuid4().hex[:8]}"
    return Room.objects.create(name=name, slug=slug)


def message_send(
    *, author: User, room: Room, body: str, client_id: uuid.UUID | None = None
) -> Message:
    """Store a message and tell the room. A repeated `client_id` gives the first message back."""
    client_id = client_id or uuid.uuid4()
    try:
        return _message_store(author=author, room=room, body=body, client_id=client_id)
    except IntegrityError:
        first = Message.objects.filter(author=author, client_id=client_id, room=room).first()
        if first is None:
            raise
        return first


@transaction.atomic
def _message_store(*, author: User, room: Room, body: str, client_id: uuid.UUID) -> Message:
    # The row lock makes the order of `seq` the order of commits, without holes.
    locked = Room.objects.select_for_update().get(pk=room.pk)
    locked.seq += 1
    locked.save(update_fields=["seq"])
    message = Message.objects.create(
        room=room, author=author, seq=locked.seq, client_id=client_id, body=body
    )
    event = message_created(message)
    # Robust: a layer that is down loses nothing, since clients resume from the database.
    transaction.on_commit(partial(Group(room_group(room)).send, event), robust=True)
    return message
