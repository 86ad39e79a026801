import pytest
from asgiref.testing import ApplicationCommunicator
from pytest_django import Settings

from accounts.models import User
from chat import services
from chat.models import Room
from chatbot.consumers import LINE, MESSAGES, answer


async def ask(text: str, chat: int = 7) -> str:
    """What the site's bot answers in a chat."""
    from config.asgi import application  # not before the test settings are in force

    scope = {"type": "telegram", "chat": {"id": chat, "type": "private", "name": "alice"}}
    bot = ApplicationCommunicator(application, scope)
    await bot.send_input({"type": "telegram.message", "text": text})
    reply = await bot.receive_output(20)
    bot.future.cancel()
    assert reply["type"] == "telegram.send"
    return str(reply["text"])


@pytest.fixture
def conversation(alice: User, bob: User, room: Room) -> None:
    for number in range(MESSAGES + 1):
        services.message_send(author=alice, room=room, body=f"number {number}")
    services.message_send(author=bob, room=room, body="<b>hi</b>")


async def test_a_chat_that_may_read_the_rooms_is_answered(
    conversation: None, settings: Settings
) -> None:
    settings.TELEGRAM_CHATS = [7]
    assert await ask("/rooms") == "general - General"


async def test_another_chat_learns_nothing_but_its_number(
    conversation: None, settings: Settings
) -> None:
    settings.TELEGRAM_CHATS = [8]
    for text in ("/rooms", "/last general", "/help", "hello"):
        assert await ask(text) == (
            "This is chat 7. Whoever runs the site can add it to TELEGRAM_CHATS."
        )


def test_the_last_messages_of_a_room(conversation: None) -> None:
    lines = answer("/last general").splitlines()
    assert lines == [*(f"alice: number {number}" for number in (2, 3, 4, 5)), "bob: <b>hi</b>"]


def test_the_statistics_of_a_room(conversation: None) -> None:
    assert answer("/stats general") == "Messages: 7. People: 2. Most by alice."


def test_an_empty_room(room: Room) -> None:
    assert answer("/last general") == "Nobody has said anything there yet."
    assert answer("/stats general") == "Messages: 0. People: 0."


@pytest.mark.parametrize("text", ["/help", "/start", "/help@the_bot", " /help  me "])
def test_help_names_every_command(text: str) -> None:
    assert all(command in answer(text) for command in ("/rooms", "/last", "/stats"))


@pytest.mark.parametrize("text", ["hello", "", "help", "/lastgeneral", "/nope general"])
def test_anything_else_is_told_of_help(text: str) -> None:
    assert answer(text) == "I know a few commands: /help"


@pytest.mark.parametrize("command", ["/last", "/stats"])
def test_a_room_must_be_named_and_exist(transactional_db: None, command: str) -> None:
    assert answer(command) == f"Of which room? For example: {command} general"
    assert answer(f"{command} nowhere").startswith("There is no such room.")


def test_long_texts_are_shortened(alice: User, room: Room) -> None:
    services.message_send(author=alice, room=room, body="x" * 10_000)
    assert len(answer("/last general")) == LINE


def test_many_rooms_fit_into_one_answer(transactional_db: None) -> None:
    for number in range(25):
        services.room_create(name=f"{number} {'x' * 490}")
    rooms = answer("/rooms")
    assert rooms.endswith("\nand 5 more")
    assert len(rooms) < 4096
