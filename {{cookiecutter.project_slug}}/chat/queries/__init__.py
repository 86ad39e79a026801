"""Reads that are more than a line."""

from .attachments import attachment_for, missing_thumbnails
from .events import RESUME_LIMIT, RoomState, room_events, room_id, room_numbers
from .history import HISTORY, History, first_of_day, room_history
from .inbox import Counted, counts_of, rooms_of
from .people import people_to_mention, people_to_write_to
from .rooms import RoomList, direct_room_of, room_for, room_list, room_to_enter, visible_rooms
from .search import Found, search_messages
from .statistics import room_statistics
from .unread import UNREAD_AT_MOST

__all__ = [
    "HISTORY",
    "RESUME_LIMIT",
    "UNREAD_AT_MOST",
    "Counted",
    "Found",
    "History",
    "RoomList",
    "RoomState",
    "attachment_for",
    "counts_of",
    "direct_room_of",
    "first_of_day",
    "missing_thumbnails",
    "people_to_mention",
    "people_to_write_to",
    "room_events",
    "room_for",
    "room_history",
    "room_id",
    "room_list",
    "room_numbers",
    "room_statistics",
    "room_to_enter",
    "rooms_of",
    "search_messages",
    "visible_rooms",
]
