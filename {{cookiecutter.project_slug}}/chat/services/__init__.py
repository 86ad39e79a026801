"""Everything that writes. Views, consumers, tasks and the admin call these; only these publish."""

from .attachments import (
    ask_for_thumbnail,
    attachment_create,
    attachment_delete,
    attachment_discard,
    attachments_forget_unsent,
    thumbnail_made,
)
from .direct import direct_room
from .drafts import Draft
from .invitations import (
    invitation_accept,
    invitation_create,
    invitation_take_back,
    valid_invitation,
)
from .members import mark_read, member_remove, mentions_seen, room_enter, room_leave
from .messages import message_delete, message_edit, message_react, message_send
from .permissions import moderates
from .rooms import room_archive, room_create, room_rename, room_set_topic

__all__ = [
    "Draft",
    "ask_for_thumbnail",
    "attachment_create",
    "attachment_delete",
    "attachment_discard",
    "attachments_forget_unsent",
    "direct_room",
    "invitation_accept",
    "invitation_create",
    "invitation_take_back",
    "mark_read",
    "member_remove",
    "mentions_seen",
    "message_delete",
    "message_edit",
    "message_react",
    "message_send",
    "moderates",
    "room_archive",
    "room_create",
    "room_enter",
    "room_leave",
    "room_rename",
    "room_set_topic",
    "thumbnail_made",
    "valid_invitation",
]
