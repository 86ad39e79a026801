"""For tests of consumers."""

from typing import Any

from channels.testing import WebsocketCommunicator

PATIENCE = 20  # seconds, after which a test hangs for sure; the usual one fails on a busy machine


class PatientCommunicator(WebsocketCommunicator):  # type: ignore[misc]
    """Channels' communicator, for tests that pass on slow machines too."""

    async def receive_output(self, timeout: float = 1) -> Any:
        return await super().receive_output(max(timeout, PATIENCE))

    async def wait(self, timeout: float = 1) -> None:
        await super().wait(max(timeout, PATIENCE))
