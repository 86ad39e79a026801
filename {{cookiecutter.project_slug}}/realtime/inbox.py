"""What a stream's consumer has not taken yet."""

import asyncio
import contextlib

from .types import Message

PATIENCE = 1.0  # seconds in all, until the inbox is empty again
MOMENT = 0.05


class Inbox:
    """A queue for one reader. asyncio's would take 3 KB, in each of thousands of sockets.

    Frames are held back until the consumer has accepted its connection.
    """

    __slots__ = ("_held", "_messages", "_patience", "_reader", "_room")

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._held: list[Message] | None = []
        self._reader: asyncio.Future[None] | None = None  # while it waits
        self._room: asyncio.Event | None = None  # while somebody waits for that
        self._patience = PATIENCE

    def put(self, message: Message) -> None:
        self._messages.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def put_frame(self, message: Message) -> None:
        if self._held is None:
            self.put(message)
        else:
            self._held.append(message)

    def accepted(self) -> None:
        """Let the consumer have its frames."""
        held, self._held = self._held or [], None
        for message in held:
            self.put(message)

    def clear(self) -> None:
        self._messages.clear()
        if self._held is not None:
            self._held.clear()

    async def get(self) -> Message:
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        message = self._messages.pop(0)
        if self._room is not None:
            self._room.set()
        if not self._messages:
            self._patience = PATIENCE
        return message

    async def has_room(self, limit: int) -> bool:
        """Whether fewer than `limit` messages wait.

        A full inbox is given a moment, for a quick consumer may just not have had its turn. But
        who calls reads the socket: a slow consumer must not slow that down for long.
        """
        if self._waiting() >= limit and self._patience > 0:
            loop = asyncio.get_running_loop()
            began = loop.time()
            self._room = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOMENT):
                    await self._room.wait()
            self._patience = self._patience - (loop.time() - began) if self._room.is_set() else 0
            self._room = None
        return self._waiting() < limit

    def _waiting(self) -> int:
        return len(self._messages) + len(self._held or ())
