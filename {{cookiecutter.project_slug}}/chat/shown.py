"""A message as events and pages show it."""

import uuid
from datetime import datetime

import msgspec
from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from . import markup
from .models import Attachment, Mention, Message, Reaction

QUOTE_LENGTH = 140


class Quote(msgspec.Struct, omit_defaults=True):
    """The message to which another one replies."""

    id: int
    author: str
    name: str
    body: str
    deleted: bool = False


class File(msgspec.Struct, omit_defaults=True):
    id: uuid.UUID
    name: str
    size: int
    content_type: str
    url: str
    width: int | None = None
    height: int | None = None
    thumbnail: str = ""


class MessageEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message as it is now. Who shows it by its `id` may get this twice, and in any order."""

    type: str  # message.created or message.changed
    seq: int
    id: int
    client_id: uuid.UUID
    author: str
    name: str
    body: str
    created_at: datetime
    html: str = ""  # where the body is more than plain text
    kind: str = Message.Kind.TEXT
    edited: bool = False
    deleted: bool = False
    reply_to: Quote | None = None
    mentions: list[str] = []
    reactions: dict[str, list[str]] = {}  # who put each emoji
    attachments: list[File] = []


def with_details(messages: "QuerySet[Message]") -> "QuerySet[Message]":
    """Load what events and pages show of messages, in a fixed number of queries."""
    return messages.select_related("author", "reply_to__author").prefetch_related(
        Prefetch("mentions", Mention.objects.select_related("user")),
        Prefetch("reactions", Reaction.objects.select_related("user")),
        "attachments",
    )


def describe(
    message: Message, kind: str = "message.created", seq: int = 0, details: bool = True
) -> MessageEvent:
    """What events and pages show of a message."""
    event = MessageEvent(
        type=kind,
        seq=seq,
        id=message.seq,
        client_id=message.client_id,
        author=message.author.username,
        name=message.author.shown_name,
        body=message.body,
        created_at=message.created_at,
        kind=message.kind,
        edited=message.edited_at is not None,
        deleted=message.deleted_at is not None,
    )
    if message.reply_to_id is not None and message.reply_to is not None:
        event.reply_to = quote(message.reply_to)
    if details:
        event.mentions = [mention.user.username for mention in message.mentions.all()]
        event.reactions = reactions_of(message)
        event.attachments = [file(attachment) for attachment in message.attachments.all()]
    html = markup.render_if_needed(message.body, event.mentions)
    event.html = html + ""  # a plain str, since msgspec encodes no other
    return event


def quote(message: Message) -> Quote:
    author = message.author
    body = message.body[:QUOTE_LENGTH]
    deleted = message.deleted_at is not None
    return Quote(message.seq, author.username, author.shown_name, body, deleted)


def reactions_of(message: Message) -> dict[str, list[str]]:
    """Who put each emoji, in the order in which they did."""
    reactions: dict[str, list[str]] = {}
    for reaction in message.reactions.all():
        reactions.setdefault(reaction.emoji, []).append(reaction.user.username)
    return reactions


def file(attachment: Attachment) -> File:
    url = reverse("chat:attachment", args=[attachment.pk])
    return File(
        id=attachment.pk,
        name=attachment.name,
        size=attachment.size,
        content_type=attachment.content_type,
        url=url,
        width=attachment.width,
        height=attachment.height,
        thumbnail=_thumbnail(attachment, url),
    )


def _thumbnail(attachment: Attachment, url: str) -> str:
    """Empty while it is being made; a small picture is its own."""
    if attachment.has_thumbnail:
        return f"{url}thumbnail/"
    return url if attachment.is_picture and not attachment.needs_thumbnail else ""
