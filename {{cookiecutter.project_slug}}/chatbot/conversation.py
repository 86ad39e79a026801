import asyncio
import logging

from realtime.types import Application, Message, Scope, Send

logger = logging.getLogger(__name__)


class Conversation:
    """Runs the application in one chat, on the inbox that the server fills.

    It tells the inbox when a message has been handled: once the application asks for the next
    one, or ends. What it raises costs that one message; those behind it get a new instance.
    """

    def __init__(
        self, application: Application, scope: Scope, inbox: asyncio.Queue[Message], send: Send
    ) -> None:
        self._application = application
        self._scope = scope
        self._inbox = inbox
        self._send = send
        self._next: Message | None = None
        self._handling = False

    async def run(self) -> None:
        while True:
            self._next = await self._take()
            try:
                await self._application(self._scope, self._receive, self._send)
            except Exception:
                logger.exception("The chatbot failed in chat %s.", self._scope["chat"]["id"])
            self._finish()

    async def _receive(self) -> Message:
        if self._next is not None:
            message, self._next = self._next, None
            return message
        self._finish()
        return await self._take()

    async def _take(self) -> Message:
        message = await self._inbox.get()
        self._handling = True
        return message

    def _finish(self) -> None:
        if self._handling:
            self._handling = False
            self._inbox.task_done()
