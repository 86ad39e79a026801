"""People who follow the protocol of chat/README.md: what is not acknowledged they send again."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed

from tests.clients import PATIENCE, LiveClient
from tests.live import LiveServer

from .chat import bodies, message_send, numbers

RESEND_SECONDS = 3.0
MULTIPLEXED = "/ws/"


class Talker:
    """Somebody in a room, on one connection after the other. What was heard is kept."""

    def __init__(self, room: str, cookie: str, *, multiplexed: bool) -> None:
        self.client: LiveClient | None = None
        self.heard: list[Any] = []
        self.entered = 0  # times
        self._stream = f"chat/{room}"
        self._cookie = cookie
        self._multiplexed = multiplexed

    async def enter(self, server: LiveServer) -> None:
        """Come, or come back for what happened after the last event that was heard."""
        await self.leave()
        known = len(self._joined)
        since = self._since()
        path = MULTIPLEXED if self._multiplexed else f"/ws/{self._stream}/?{urlencode(since)}"
        client = LiveClient(server, path, cookie=self._cookie)
        client.heard = self.heard
        self.client = await client.__aenter__()
        if self._multiplexed:
            await client.send({"stream": self._stream, "event": "open", "params": since})
        await client.until(lambda _: len(self._joined) > known)
        self.entered += 1

    async def leave(self) -> None:
        if self.client is not None:
            await self.client.__aexit__()

    async def say(self, body: str) -> None:
        """Returns once it is acknowledged."""
        command = message_send(body)
        frame = {"stream": self._stream, "payload": command} if self._multiplexed else command
        async with asyncio.timeout(2 * PATIENCE):
            while body not in self.acknowledged:
                with contextlib.suppress(ConnectionClosed):  # and there is another one soon
                    await self._there.send(frame)
                with contextlib.suppress(TimeoutError):
                    await self._acknowledged(body)

    async def has_heard(self, count: int) -> None:
        """So many messages: each once, and in order."""
        await self._there.until(lambda heard: len(numbers(heard)) >= count)
        assert all(frame["recovered"] for frame in self._joined)
        found = numbers(self.heard)
        assert found == list(range(1, count + 1)), found
        seqs = dict(zip(bodies(self.heard), numbers(self.heard), strict=True))
        assert all(seqs[body] == seq for body, seq in self.acknowledged.items())

    @property
    def _there(self) -> LiveClient:
        assert self.client is not None, "Nobody has entered."
        return self.client

    @property
    def acknowledged(self) -> dict[str, int]:
        """The numbers of what was said and stored."""
        return {frame["ref"]: frame["seq"] for frame in self.heard if frame.get("type") == "ok"}

    async def _acknowledged(self, body: str) -> None:
        async with asyncio.timeout(RESEND_SECONDS):
            while body not in self.acknowledged:
                await asyncio.sleep(0.02)

    @property
    def _joined(self) -> list[Any]:
        return [frame for frame in self.heard if frame.get("type") == "room.joined"]

    def _since(self) -> dict[str, object]:
        if not self._joined:
            return {}
        since = max([*numbers(self.heard), *(frame["seq"] for frame in self._joined)])
        return {"since": since, "epoch": self._joined[-1]["epoch"]}
