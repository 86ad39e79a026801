"""What the chat stores: rooms and who is in them, messages and what is done with them, files."""

from .attachments import Attachment
from .messages import Change, Mention, Message, Reaction
from .rooms import Invitation, Membership, Room

__all__ = [
    "Attachment",
    "Change",
    "Invitation",
    "Membership",
    "Mention",
    "Message",
    "Reaction",
    "Room",
]
