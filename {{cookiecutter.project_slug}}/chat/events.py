"""What the chat says over the channel layer and the sockets."""

from realtime.envelope import Encoded, encode_json
from realtime.groups import group_name
from realtime.types import Message as LayerMessage

from .models import Message, Room


def room_group(room: Room) -> str:
    """The group of everybody who listens to a room."""
    return group_name("chat", room.pk)


def message_created(message: Message) -> LayerMessage:
    """The event for a new message, encoded once for all who hear it."""
    text = encode_json(
        {
            "type": "message.created",
            "seq": message.seq,
            "client_id": message.client_id,
            "author": message.author.username,
            "body": message.body,
            "created_at": message.created_at,
        }
    )
    return {"type": "room.event", "seq": message.seq, "text": str(text)}


def room_joined(seq: int, *, recovered: bool) -> Encoded:
    """What comes after all that was missed. Not recovered: load the history anew."""
    return encode_json({"type": "room.joined", "seq": seq, "recovered": recovered})
