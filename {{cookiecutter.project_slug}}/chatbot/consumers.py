"""What the bot says: the rooms, for people in Telegram."""

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.utils.text import Truncator

from chat import queries
from chat.models import Room
from realtime.database import on_database_thread
from realtime.types import Message

HELP = """/rooms - all rooms
/last <room> - the last messages of a room
/stats <room> - how much is said there, and by whom"""
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
            text = f"This is chat {chat}. Whoever runs the site can add it to TELEGRAM_CHATS."
        await self.send({"type": "telegram.send", "text": text})


def answer(text: str) -> str:
    name, _, argument = text.strip().partition(" ")
    command = name.partition("@")[0]  # in a group: /help@the_bot
    match command, argument.strip():
        case ["/help" | "/start", _]:
            return HELP
        case ["/rooms", _]:
            return _rooms()
        case ["/last" | "/stats", ""]:
            return f"Of which room? For example: {command} general"
        case ["/last" | "/stats", slug]:
            room = Room.objects.filter(kind=Room.Kind.OPEN, slug=slug).first()
            if room is None:
                return "There is no such room. /rooms tells which there are."
            return _last(room) if command == "/last" else _stats(room)
        case _:
            return "I know a few commands: /help"


def _rooms() -> str:
    rooms = list(Room.objects.filter(kind=Room.Kind.OPEN))
    lines = [_line(f"{room.slug} - {room.name}") for room in rooms[:ROOMS]]
    if len(rooms) > ROOMS:
        lines.append(f"and {len(rooms) - ROOMS} more")
    return "\n".join(lines) or "There are no rooms yet."


def _last(room: Room) -> str:
    messages = queries.room_history(room).messages[-MESSAGES:]
    lines = [_line(f"{message.author.username}: {message.body}") for message in messages]
    return "\n".join(lines) or "Nobody has said anything there yet."


def _stats(room: Room) -> str:
    counted = queries.room_statistics(room.pk)
    busiest = counted["busiest"]
    most = f", most by {busiest}" if busiest else ""
    return f"{counted['messages']} messages by {counted['authors']} people{most}."


def _line(text: str) -> str:
    return Truncator(text).chars(LINE)
