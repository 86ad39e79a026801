"""A client of HTTP consumers, for responses that go on."""

from typing import Any

from channels.testing import HttpCommunicator

from realtime.testing import PATIENCE


class HttpClient(HttpCommunicator):  # type: ignore[misc]
    async def open(self) -> dict[str, Any]:
        """Send the request; the start of the response."""
        await self.send_input({"type": "http.request", "body": self.body})
        return dict(await self.receive_output())

    async def read(self) -> str:
        """The next part of the body, or an empty one at its end."""
        return str((await self.receive_output())["body"].decode())

    async def leave(self) -> None:
        """Go, and wait until the consumer has ended."""
        await self.send_input({"type": "http.disconnect"})
        await self.wait()

    async def receive_output(self, timeout: float = PATIENCE) -> Any:
        return await super().receive_output(timeout)

    async def get_response(self, timeout: float = PATIENCE) -> dict[str, Any]:
        return dict(await super().get_response(timeout))

    async def wait(self, timeout: float = PATIENCE) -> None:
        await super().wait(timeout)
