import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channels.consumer import AsyncConsumer, SyncConsumer
from channels.layers import channel_layers

from chatbot import server
from chatbot.api import ApiError, BotApi
from chatbot.server import BotServer
from realtime.layers import InMemoryLayer
from realtime.tests.layers import until
from realtime.types import Application, Message

from .bot_api import TOKEN, LocalBotApi, fault


class Echo(AsyncConsumer):  # type: ignore[misc]
    """Counts what it has heard in this chat."""

    heard = 0

    async def telegram_message(self, message: Message) -> None:
        self.heard += 1
        if message["text"] == "fail":
            raise ZeroDivisionError
        await self.send({"type": "telegram.send", "text": f"{self.heard}: {message['text']}"})


@asynccontextmanager
async def running(
    api: LocalBotApi, application: Application, token: str = TOKEN
) -> AsyncIterator[BotServer]:
    tasks = asyncio.all_tasks()
    bot = BotServer(application, BotApi(api.url, token))
    run = asyncio.create_task(bot.arun())
    try:
        yield bot
        bot.stop()
        async with asyncio.timeout(20):
            await run
    finally:
        run.cancel()
        await asyncio.wait([run])
    await until(lambda: asyncio.all_tasks() <= tasks)


@pytest.fixture(autouse=True)
def no_tasks_of_others() -> None:
    """A layer over Redis has some, and the tests look for any that are left."""
    channel_layers.set("default", InMemoryLayer())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(server, "LONGEST_DELAY", 0.05)


async def test_a_chat_is_one_conversation(bot_api: LocalBotApi) -> None:
    async with running(bot_api, Echo.as_asgi()):
        bot_api.write("one", chat=7)
        bot_api.write("two", chat=7)
        bot_api.write("other", chat=8)
        await until(lambda: len(bot_api.sent) == 3)
        bot_api.write("three", chat=7)
        await until(lambda: len(bot_api.sent) == 4)
    assert [text for chat, text in bot_api.sent if chat == 7] == ["1: one", "2: two", "3: three"]
    assert [text for chat, text in bot_api.sent if chat == 8] == ["1: other"]


async def test_a_synchronous_consumer_runs_as_well(bot_api: LocalBotApi) -> None:
    class Echo(SyncConsumer):  # type: ignore[misc]
        def telegram_message(self, message: Message) -> None:
            self.send({"type": "telegram.send", "text": message["text"]})

    async with running(bot_api, Echo.as_asgi()):
        bot_api.write("one")
        await until(lambda: bot_api.sent == [(7, "one")])


async def test_the_application_is_told_of_the_chat(bot_api: LocalBotApi) -> None:
    scopes: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await receive()

    async with running(bot_api, application):
        chat = {"id": -5, "type": "group", "title": "Friends"}
        bot_api.happen({"message": {"chat": chat, "text": "hello"}})
        await until(lambda: bool(scopes))
    assert scopes[0]["type"] == "telegram"
    assert scopes[0]["chat"] == {"id": -5, "type": "group", "name": "Friends"}


async def test_a_message_that_fails_costs_neither_those_behind_it_nor_other_chats(
    bot_api: LocalBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    # All in one poll, so that they wait in the queue when the first one fails.
    bot_api.happen(
        *(
            {"message": {"chat": {"id": chat}, "text": text}}
            for chat, text in [(7, "fail"), (7, "two"), (8, "other"), (7, "fail"), (7, "three")]
        )
    )
    async with running(bot_api, Echo.as_asgi()):
        await until(lambda: len(bot_api.sent) == 3)
    assert sorted(bot_api.sent) == [(7, "1: three"), (7, "1: two"), (8, "1: other")]
    assert caplog.text.count("The chatbot failed in chat 7.") == 2
    assert bot_api.unconfirmed == 0


async def test_an_application_that_hears_nothing_does_not_spin(bot_api: LocalBotApi) -> None:
    starts = 0

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal starts
        starts += 1

    async with running(bot_api, application):
        bot_api.write("one")
        bot_api.write("two")
        await until(lambda: bot_api.polls[-1:] == [103])
    assert starts == 2


async def test_a_message_is_confirmed_once_it_is_handled_and_not_before(
    bot_api: LocalBotApi,
) -> None:
    go = asyncio.Event()

    class Slow(AsyncConsumer):  # type: ignore[misc]
        async def telegram_message(self, message: Message) -> None:
            await go.wait()

    async with running(bot_api, Slow.as_asgi()) as bot:
        bot_api.write("one")
        await until(lambda: bool(bot.application_instances))
        assert bot_api.polls == [0]
        go.set()
        await until(lambda: bot_api.polls == [0, 102])
    assert bot_api.unconfirmed == 0


async def test_what_a_killed_bot_had_not_handled_comes_again(bot_api: LocalBotApi) -> None:
    class Stuck(AsyncConsumer):  # type: ignore[misc]
        async def telegram_message(self, message: Message) -> None:
            await asyncio.Event().wait()

    bot = BotServer(Stuck.as_asgi(), BotApi(bot_api.url, TOKEN))
    run = asyncio.create_task(bot.arun())
    bot_api.write("one")
    await until(lambda: bool(bot.application_instances))
    run.cancel()
    await asyncio.wait([run])
    async with running(bot_api, Echo.as_asgi()):
        await until(lambda: bot_api.sent == [(7, "1: one")])


async def test_a_bot_that_is_stopped_confirms_what_it_has_handled(bot_api: LocalBotApi) -> None:
    go = asyncio.Event()

    class Slow(AsyncConsumer):  # type: ignore[misc]
        async def telegram_message(self, message: Message) -> None:
            await go.wait()
            await self.send({"type": "telegram.send", "text": "done"})

    async with running(bot_api, Slow.as_asgi()) as bot:
        bot_api.write("one")
        await until(lambda: bool(bot.application_instances))
        bot.stop()
        go.set()
    assert bot_api.sent == [(7, "done")]
    assert bot_api.unconfirmed == 0


async def test_a_consumer_that_is_stuck_is_given_up(
    bot_api: LocalBotApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "HANDLING_SECONDS", 0.1)

    class Stuck(AsyncConsumer):  # type: ignore[misc]
        async def telegram_message(self, message: Message) -> None:
            if message["text"] == "wait":
                await asyncio.Event().wait()
            await self.send({"type": "telegram.send", "text": message["text"]})

    async with running(bot_api, Stuck.as_asgi()):
        bot_api.write("wait")
        bot_api.write("hello", chat=8)
        bot_api.write("hello")
        await until(lambda: (8, "hello") in bot_api.sent and (7, "hello") in bot_api.sent)
    assert "took too long in chat 7" in caplog.text


GARBAGE = (200, b"<html>502 Bad Gateway</html>")


@pytest.mark.parametrize(
    "answer",
    [
        GARBAGE,
        (200, b""),
        (200, b'{"ok": true, "result": [{"update_id": "x"}]}'),
        (200, b"\xff\xfe"),
        fault(502, "Bad Gateway"),
        fault(409, "Conflict: terminated by other getUpdates request"),
        fault(429, "Too Many Requests", retry_after=0.1),
    ],
)
async def test_an_api_that_answers_nonsense_is_asked_again_and_nothing_is_lost(
    bot_api: LocalBotApi, caplog: pytest.LogCaptureFixture, answer: tuple[int, bytes]
) -> None:
    caplog.set_level(logging.INFO, "chatbot")
    bot_api.faults = [answer] * 3
    bot_api.write("one")
    async with running(bot_api, Echo.as_asgi()):
        await until(lambda: bot_api.sent == [(7, "1: one")])
    assert [record.message[:19] for record in caplog.records] == [
        "The Bot API is away",
        "The Bot API is back",
    ]


async def test_a_bot_outlives_an_api_that_goes_and_comes_back(
    bot_api: LocalBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chatbot")
    async with running(bot_api, Echo.as_asgi()):
        bot_api.write("one")
        await until(lambda: len(bot_api.sent) == 1)
        await asyncio.to_thread(bot_api.stop)
        await until(lambda: "The Bot API is away" in caplog.text)
        bot_api.write("two")
        await asyncio.to_thread(bot_api.start)
        await until(lambda: len(bot_api.sent) == 2)
    assert bot_api.sent == [(7, "1: one"), (7, "2: two")]
    assert len(caplog.records) == 2
    assert TOKEN not in caplog.text


async def test_a_reply_waits_for_an_api_that_is_away(
    bot_api: LocalBotApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "HANDLING_SECONDS", 0.05)

    class Slow(AsyncConsumer):  # type: ignore[misc]
        async def telegram_message(self, message: Message) -> None:
            await asyncio.to_thread(bot_api.stop)
            await self.send({"type": "telegram.send", "text": "at last"})

    async with running(bot_api, Slow.as_asgi()):
        bot_api.write("one")
        await until(lambda: "The Bot API is away" in caplog.text)
        await asyncio.sleep(0.2)  # well over HANDLING_SECONDS
        await asyncio.to_thread(bot_api.start)
        await until(lambda: bot_api.sent == [(7, "at last")])


async def test_a_chat_that_takes_no_messages_is_noted_and_nothing_else(
    bot_api: LocalBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(bot_api, Echo.as_asgi()):
        await until(lambda: bool(bot_api.polls))
        bot_api.write("one")
        bot_api.faults.append(fault(403, "Forbidden: bot was blocked by the user"))
        await until(lambda: "blocked by the user" in caplog.text)
        bot_api.write("two")
        await until(lambda: bot_api.sent == [(7, "2: two")])


async def test_what_is_no_text_is_passed_over(bot_api: LocalBotApi) -> None:
    bot_api.happen(
        {"message": {"chat": {"id": 7}, "photo": []}},
        {"edited_message": {"chat": {"id": 7}, "text": "edited"}},
        {"message": {"chat": {"id": "seven"}, "text": "odd"}},
    )
    async with running(bot_api, Echo.as_asgi()):
        bot_api.write("one")
        await until(lambda: bot_api.sent == [(7, "1: one")])
    assert bot_api.unconfirmed == 0


async def test_a_hundred_chats_at_once_are_answered_once_each(bot_api: LocalBotApi) -> None:
    for number in range(300):
        bot_api.write("hello", chat=number % 150)
    async with running(bot_api, Echo.as_asgi()):
        await until(lambda: len(bot_api.sent) == 300)
    assert len(set(bot_api.sent)) == 300


async def test_a_reply_is_cut_to_what_the_api_takes(bot_api: LocalBotApi) -> None:
    class Long(AsyncConsumer):  # type: ignore[misc]
        async def telegram_message(self, message: Message) -> None:
            await self.send({"type": "telegram.send", "text": "x" * 5000})

    async with running(bot_api, Long.as_asgi()):
        bot_api.write("one")
        await until(lambda: len(bot_api.sent) == 1)
    assert len(bot_api.sent[0][1]) == 4096


async def test_a_token_that_is_refused_ends_the_bot(bot_api: LocalBotApi) -> None:
    with pytest.raises(ApiError, match="Unauthorized"):
        async with asyncio.timeout(20):
            await BotServer(Echo.as_asgi(), BotApi(bot_api.url, "wrong")).arun()
