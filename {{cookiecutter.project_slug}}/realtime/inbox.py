"""What a stream's consumer has not taken yet."""

import asyncio
import contextlib

from .types import Message

MOMENT = 0.05  # seconds


class Inbox:
    """A queue for one reader. asyncio's would take 3 KB, in each of thousands of sockets."""

    __slots__ = ("_messages", "_reader", "_room", "_slow")

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._reader: asyncio.Future[None] | None = None  # while it waits
        self._room: asyncio.Event | None = None  # while somebody waits for that
        self._slow = False

    def put(self, message: Message) -> None:
        self._messages.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self) -> Message:
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        message = self._messages.pop(0)
        if self._room is not None:
            self._room.set()
        if not self._messages:
            self._slow = False
        return message

    async def has_room(self, limit: int) -> bool:
        """Whether fewer than `limit` messages wait.

        A full inbox is given a moment, once until it is empty again: many frames that come at
        once do not make a quick consumer a slow one, and a slow one holds nobody up for long.
        """
        if len(self._messages) >= limit and not self._slow:
            self._room = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOMENT):
                    await self._room.wait()
            self._slow = not self._room.is_set()
            self._room = None
        return len(self._messages) < limit
