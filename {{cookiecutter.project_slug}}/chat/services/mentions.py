"""Who is mentioned in messages."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from chat.events import mention_created, user_group
from chat.markup import MENTION
from chat.models import Membership, Mention, Message, Room

from .numbers import tell_all

MENTIONS_AT_MOST = 50  # in one message


def mentioned_names(body: str) -> list[str]:
    """What may be user names, also without the punctuation after them."""
    names: dict[str, None] = {}
    for name in MENTION.findall(body)[:MENTIONS_AT_MOST]:
        names[name] = None
        names[name.rstrip(".-+@")] = None
    return list(names)


def store_mentions(messages: Iterable[Message]) -> None:
    """Note who is mentioned, and tell them. Who was mentioned before stays so."""
    names = {message: mentioned_names(message.body) for message in messages if "@" in message.body}
    if not any(names.values()):
        return
    everybody = {name for found in names.values() for name in found}
    found_users = User.objects.filter(username__in=everybody, is_active=True)
    users = {user.username: user for user in found_users}
    rows = {
        (message.pk, users[name].pk): Mention(message=message, user=users[name])
        for message, found in names.items()
        for name in found
        if name in users and users[name].pk != message.author_id
    }
    new = _not_mentioned_yet(rows)
    Mention.objects.bulk_create(new, ignore_conflicts=True)
    tell_all([(user_group(mention.user_id), mention_created(mention)) for mention in new])


def _not_mentioned_yet(rows: dict[tuple[int, Any], Mention]) -> list[Mention]:
    """Those of them who may see the room, too."""
    before = Mention.objects.filter(message__in={message for message, _user in rows})
    known = set(before.values_list("message", "user"))
    rooms = {row.message.room for row in rows.values()}
    closed = [room.pk for room in rooms if room.kind != Room.Kind.OPEN]
    members = Membership.objects.filter(room__in=closed, user__in={user for _, user in rows})
    inside = set(members.values_list("room", "user"))
    return [
        row
        for key, row in rows.items()
        if key not in known
        and (row.message.room_id not in closed or (row.message.room_id, row.user_id) in inside)
    ]
