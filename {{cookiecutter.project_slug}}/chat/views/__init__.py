from .attachments import attachment, attachment_thumbnail, attachment_upload
from .history import room_day
from .invitations import invitation, invitation_create, invitation_take_back
from .members import member_remove, people, person, room_leave
from .room import room, room_statistics
from .room_settings import room_archive, room_settings
from .rooms import home, rooms
from .search import search

__all__ = [
    "attachment",
    "attachment_thumbnail",
    "attachment_upload",
    "home",
    "invitation",
    "invitation_create",
    "invitation_take_back",
    "member_remove",
    "people",
    "person",
    "room",
    "room_archive",
    "room_day",
    "room_leave",
    "room_settings",
    "room_statistics",
    "rooms",
    "search",
]
