"""What the chat says over the channel layer and the sockets: chat/README.md lists it."""

import logging
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import islice

import msgspec
from redis.exceptions import RedisError

from realtime.envelope import Encoded, encode_json
from realtime.groups import Group, group_name
from realtime.types import Message as LayerMessage

from .models import Mention, Message, Room
from .shown import QUOTE_LENGTH, MessageEvent, describe

logger = logging.getLogger(__name__)

PEOPLE_SHOWN = 100


def message_created(message: Message, details: bool = True) -> LayerMessage:
    """The event for a new message, encoded once for all who hear it.

    Without `details`, it has no mentions, reactions or attachments, which are not asked for.
    """
    return _message_event("message.created", message.seq, message, details)


def message_changed(message: Message, seq: int) -> LayerMessage:
    return _message_event("message.changed", seq, message, True)


def _message_event(kind: str, seq: int, message: Message, details: bool) -> LayerMessage:
    event = describe(message, kind, seq, details)
    return {
        "type": "room.event",
        "seq": seq,
        "message": message.seq,
        "quotes": event.reply_to.id if event.reply_to else None,
        "text": str(encode_json(event)),
    }


def requoted(event: LayerMessage, changed: LayerMessage) -> LayerMessage:
    """The event of a reply, with what the message that it quotes has become."""
    if changed["message"] is None or event.get("quotes") != changed["message"]:
        return event
    reply = msgspec.json.decode(event["text"], type=MessageEvent)
    quoted = msgspec.json.decode(changed["text"], type=MessageEvent)
    if reply.reply_to is not None:
        reply.reply_to.body = quoted.body[:QUOTE_LENGTH]
        reply.reply_to.deleted = quoted.deleted
    return {**event, "text": str(encode_json(reply))}


def room_changed(room: Room, seq: int) -> LayerMessage:
    """The room has another name or topic, is archived or not any more, or has other members."""
    text = encode_json(
        {
            "type": "room.changed",
            "seq": seq,
            "name": room.name,
            "topic": room.topic,
            "archived": room.archived_at is not None,
        }
    )
    return {"type": "room.event", "seq": seq, "message": None, "text": str(text)}


def signal(kind: str, **fields: object) -> LayerMessage:
    """Something of the moment: it has no number, and who misses it has missed nothing."""
    return {"type": "room.signal", "text": str(encode_json({"type": kind, **fields}))}


def room_joined(seq: int, epoch: str, *, recovered: bool) -> Encoded:
    """What comes after all that was missed. Not recovered: load the history anew."""
    value = {"type": "room.joined", "seq": seq, "epoch": epoch, "recovered": recovered}
    return encode_json(value)


def presence_list(people: Mapping[str, str]) -> Encoded:
    """Who is in a room now. In a crowd, some of them."""
    shown = _people(people)
    return encode_json({"type": "presence.list", "people": shown, "count": len(people)})


def presence_changed(joined: Mapping[str, str], left: Collection[str], count: int) -> LayerMessage:
    return signal(
        "presence.changed",
        joined=_people(joined),
        left=sorted(left)[:PEOPLE_SHOWN],
        count=count,
    )


def _people(people: Mapping[str, str]) -> list[dict[str, str]]:
    some = islice(people.items(), PEOPLE_SHOWN)
    return [{"author": username, "name": name} for username, name in some]


@lru_cache(maxsize=10_000)
def room_group(room_id: int) -> Group:
    """The group of all processes in which somebody listens to a room."""
    return Group(group_name("chat", room_id))


def user_group(user_id: int) -> Group:
    """The group of somebody's inboxes, in all their tabs and on all their devices."""
    return Group(group_name("chat-user", user_id))


def everybody_group() -> Group:
    """The group of all inboxes: what happens to open rooms."""
    return Group(group_name("chat-user", "everybody"))


def inbox_event(kind: str, **fields: object) -> LayerMessage:
    """Something that one person's browsers are told, as it is; see chat/inbox.py."""
    return {"type": "inbox.event", "text": str(encode_json({"type": kind, **fields}))}


def mention_created(mention: Mention) -> LayerMessage:
    """For the one who is mentioned."""
    message = mention.message
    return inbox_event(
        "mention.created",
        room=message.room.slug,
        id=message.seq,
        author=message.author.username,
        name=message.author.shown_name,
        body=message.body[:QUOTE_LENGTH],
    )


async def publish(events: Iterable[tuple[Group, LayerMessage]]) -> bool:
    """Returns whether the layer has taken them. If not, feeds find them in the database."""
    try:
        for group, event in events:
            await group.apost(event)
    except (RedisError, OSError) as error:  # also where it takes too long
        # The layer says once in the log that Redis is away.
        logger.debug("Not published: %s", error)
        return False
    return True
