"""The interface server of the protocol type "telegram", as Daphne is that of "websocket".

scope:               {"type": "telegram", "chat": {"id": 7, "type": "private", "name": "alice"}}
to the application:  {"type": "telegram.message", "text": "/help"}
from it:             {"type": "telegram.send", "text": "Hello."}

Each chat has an instance of the application. There is no disconnect: an instance that has been
quiet for longer than a thousand others is cancelled.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
from asgiref.server import StatelessServer

from realtime.types import Application, Message, Receive, Scope, Send

from .api import ApiAwayError, ApiError, BotApi, Update
from .conversation import Conversation

POLL_SECONDS = 25
HANDLING_SECONDS = 60.0  # for all that one poll brought; then, the slow are given up
FIRST_DELAY, LONGEST_DELAY = 0.5, 20.0  # seconds before the next attempt, with full jitter
LONGEST_TEXT = 4096  # characters that the API takes

logger = logging.getLogger(__name__)


class _Chat(msgspec.Struct):
    id: int
    type: str = "private"
    username: str = ""
    title: str = ""


class _TextMessage(msgspec.Struct):
    chat: _Chat
    text: str


class BotServer(StatelessServer):  # type: ignore[misc]
    """Polls the Bot API, and delivers each message at least once.

    The next poll, which confirms what the last one brought, comes when all of that has been
    handled. So a queue never holds more than one poll's messages. Replies wait for the API.
    """

    def __init__(self, application: Application, api: BotApi, max_applications: int = 1000) -> None:
        super().__init__(self._converse, max_applications)
        self._routed = application
        self._api = api
        self._offset = 0
        self._stopping = asyncio.Event()
        self._away_since: float | None = None

    def stop(self) -> None:
        """Have `arun()` return once what has come is handled."""
        self._stopping.set()

    async def arun(self) -> None:
        checker = asyncio.create_task(self.application_checker())
        try:
            await self.handle()
        finally:
            checker.cancel()
            for chat in list(self.application_instances):
                self.delete_application_instance(chat)

    async def handle(self) -> None:
        while not self._stopping.is_set():
            updates = await self._poll()
            await self._until_handled(self._deliver(updates))
            if updates:
                self._offset = updates[-1].update_id + 1
        if self._offset:  # the last poll may have been given up before it confirmed them
            with contextlib.suppress(ApiError, ApiAwayError):
                await self._api.updates(self._offset, 0)

    async def application_send(self, scope: Scope, message: Message) -> None:
        if message["type"] != "telegram.send":
            raise ValueError(f"A Telegram chat takes no message of type {message['type']!r}.")
        chat, text = scope["chat"]["id"], message["text"][:LONGEST_TEXT]
        try:
            await self._persist(partial(self._api.send_message, chat, text))
        except ApiError as error:  # such as one who has blocked the bot
            logger.warning("Chat %s takes no message: %s", chat, error)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        inbox = self.application_instances[scope["chat"]["id"]]["input_queue"]
        # Not the `send` above, which a SyncConsumer does not take for asynchronous.
        send = partial(self.application_send, scope)
        await Conversation(self._routed, scope, inbox, send).run()

    async def _poll(self) -> list[Update]:
        """What is new; nothing if it is time to stop."""
        call = partial(self._api.updates, self._offset, POLL_SECONDS)
        polling = asyncio.create_task(self._persist(call))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([polling, stopping], return_when=asyncio.FIRST_COMPLETED)
            return polling.result() if polling.done() else []
        finally:
            polling.cancel()
            stopping.cancel()

    def _deliver(self, updates: list[Update]) -> set[int]:
        """Put the messages into their inboxes. Returns the chats that have some."""
        chats: set[int] = set()
        for update in updates:
            try:
                message = msgspec.json.decode(update.message, type=_TextMessage)
            except msgspec.DecodeError:
                continue  # a picture, or what a later version of the API has
            chat = message.chat
            name = chat.username or chat.title
            scope = {"type": "telegram", "chat": {"id": chat.id, "type": chat.type, "name": name}}
            inbox = self.get_or_create_application_instance(chat.id, scope)
            inbox.put_nowait({"type": "telegram.message", "text": message.text})
            chats.add(chat.id)
        return chats

    async def _until_handled(self, chats: set[int]) -> None:
        while chats:
            chats = await self._still_busy(chats)
            if self._away_since is None:
                chats = {chat for chat in chats if self._give_up(chat)}

    async def _still_busy(self, chats: set[int]) -> set[int]:
        """Wait until all is handled, or for so long. Returns the chats where it is not."""
        inboxes = {chat: self.application_instances[chat]["input_queue"] for chat in chats}
        joins = {asyncio.create_task(inbox.join()): chat for chat, inbox in inboxes.items()}
        try:
            _, busy = await asyncio.wait(joins, timeout=HANDLING_SECONDS)
            return {joins[join] for join in busy}
        finally:
            for join in joins:
                join.cancel()

    def _give_up(self, chat: int) -> bool:
        """Cancel what is stuck, and start anew with the messages behind it, if there are any."""
        logger.error("The chatbot took too long in chat %s and was cancelled.", chat)
        stuck = self.application_instances[chat]
        self.delete_application_instance(chat)
        if stuck["input_queue"].empty():
            return False
        inbox = self.get_or_create_application_instance(chat, stuck["scope"])
        while not stuck["input_queue"].empty():
            inbox.put_nowait(stuck["input_queue"].get_nowait())
        return True

    async def _persist[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Call the API until it answers. Raises ApiError if it refuses."""
        limit = FIRST_DELAY
        while True:
            try:
                result = await call()
            except ApiAwayError as error:
                self._note_away(error)
                await asyncio.sleep(error.retry_after + random.uniform(0, limit))  # noqa: S311
                limit = min(LONGEST_DELAY, limit * 2)
            else:
                self._note_back()
                return result

    def _note_away(self, error: ApiAwayError) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            logger.warning("The Bot API is away: %s", error)

    def _note_back(self) -> None:
        if self._away_since is not None:
            logger.warning("The Bot API is back after %.1f s.", time.monotonic() - self._away_since)
            self._away_since = None
