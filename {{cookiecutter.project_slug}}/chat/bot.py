"""A bot that answers in rooms where somebody writes "@bot": an example of a task of the worker."""

import random
import re
import uuid
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from worker.context import TaskContext
from worker.task import task

from .models import Membership, Message, Room

NAME = "bot"  # which nobody can sign up as: see ACCOUNT_USERNAME_BLACKLIST
CALL = re.compile(rf"(?<![\w@./-])@{NAME}\b[,:]?\s*(?P<question>.*)", re.DOTALL)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LATEST = timedelta(days=30)


def ask(message: Message) -> None:
    """Have the bot answer a message that calls it. In the transaction that stores the message."""
    call = CALL.search(message.body)
    if call is None or message.room.kind == Room.Kind.DIRECT or message.author.username == NAME:
        return
    question = call["question"].strip()
    with override(settings.LANGUAGE_CODE):  # since everybody in the room reads it
        if wait := remind_in(question):
            later = answer.using(run_after=timezone.now() + wait)
            later.enqueue(message_id=message.pk, text=_("It is time: %s") % question)
        answer.enqueue(message_id=message.pk, text=reply_to(question))


@task(takes_context=True)
def answer(context: TaskContext, *, message_id: int, text: str) -> None:
    """Reply to a message. A task may run twice; its key lets the answer be stored once."""
    from .services import message_send  # which asks the bot

    message = Message.objects.select_related("room").filter(pk=message_id, deleted_at=None).first()
    if message is None:
        return
    bot, _created = User.objects.get_or_create(username=NAME, defaults={"password": "!"})
    if message.room.kind == Room.Kind.PRIVATE:
        Membership.objects.get_or_create(user=bot, room=message.room)
    message_send(
        author=bot,
        room=message.room,
        body=text,
        reply_to=message.seq,
        client_id=uuid.uuid5(uuid.NAMESPACE_OID, context.idempotency_key),
    )


def reply_to(question: str) -> str:
    match question.lower().split():
        case ["roll", *sides]:
            number = int(sides[0]) if sides and sides[0].isdecimal() and len(sides[0]) < 7 else 6
            return _("You rolled %d.") % random.randint(1, max(number, 1))  # noqa: S311  (a game)
        case ["time", *_rest]:
            return date_format(timezone.localtime(), "DATETIME_FORMAT")
        case ["remind", *_rest] if wait := remind_in(question):
            at = date_format(timezone.localtime(timezone.now() + wait), "DATETIME_FORMAT")
            return _("I will say so: %s.") % at
    return _(
        "Ask me for one of these:\n"
        "@bot roll 20: a number of a die with 20 sides\n"
        "@bot time: what time it is here\n"
        "@bot remind 10m tea: to be reminded of it; s, m, h and d are the units"
    )


def remind_in(question: str) -> timedelta | None:
    found = re.match(r"remind\s+(\d{1,6})\s*([smhd])\b", question, re.IGNORECASE)
    if found is None:
        return None
    return min(timedelta(seconds=int(found[1]) * SECONDS[found[2].lower()]), LATEST)
