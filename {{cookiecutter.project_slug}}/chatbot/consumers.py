"""What the bot says: the rooms, for people in Telegram."""

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import queries
from chat.models import Room
from realtime.database import on_database_thread
from realtime.types import Message

HELP = gettext_lazy(
    "/rooms - all rooms\n"
    "/last <room> - the last messages of a room\n"
    "/stats <room> - how much is said there, and by whom"
)
ROOMS = 20
MESSAGES = 5
LINE = 200  # characters: so many rooms fit into one message


class ChatbotConsumer(AsyncConsumer):  # type: ignore[misc]
    """Answers in one chat, if that is one of TELEGRAM_CHATS: anybody can write to a bot."""

    async def telegram_message(self, message: Message) -> None:
        chat = self.scope["chat"]["id"]
        if chat in settings.TELEGRAM_CHATS:
            text = await on_database_thread(answer, message["text"])
        else:
            text = _("This is chat %(chat)s. Whoever runs the site can add it to TELEGRAM_CHATS.")
            text %= {"chat": chat}
        await self.send({"type": "telegram.send", "text": text})


def answer(text: str) -> str:
    name, _space, argument = text.strip().partition(" ")
    command = name.partition("@")[0]  # in a group: /help@the_bot
    match command, argument.strip():
        case ["/help" | "/start", _]:
            return str(HELP)
        case ["/rooms", _]:
            return _rooms()
        case ["/last" | "/stats", ""]:
            return _("Of which room? For example: %(command)s general") % {"command": command}
        case ["/last" | "/stats", slug]:
            room = Room.objects.filter(kind=Room.Kind.OPEN, slug=slug).first()
            if room is None:
                return _("There is no such room. /rooms tells which there are.")
            return _last(room) if command == "/last" else _stats(room)
        case _:
            return _("I know a few commands: /help")


def _rooms() -> str:
    rooms = list(Room.objects.filter(kind=Room.Kind.OPEN))
    lines = [_line(f"{room.slug} - {room.name}") for room in rooms[:ROOMS]]
    if len(rooms) > ROOMS:
        lines.append(_("and %(count)d more") % {"count": len(rooms) - ROOMS})
    return "\n".join(lines) or _("There are no rooms yet.")


def _last(room: Room) -> str:
    messages = queries.room_history(room).messages[-MESSAGES:]
    lines = [_line(f"{message.author.username}: {message.body}") for message in messages]
    return "\n".join(lines) or _("Nobody has said anything there yet.")


def _stats(room: Room) -> str:
    counted = queries.room_statistics(room.pk)
    text = _("Messages: %(messages)d. People: %(authors)d.")
    if counted["busiest"]:
        text += " " + _("Most by %(busiest)s.")
    return text % counted


def _line(text: str) -> str:
    return Truncator(text).chars(LINE)
