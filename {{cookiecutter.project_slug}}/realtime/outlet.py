"""Sending to a client that may have gone: every server raises something else then, or nothing."""

from autobahn.exception import PayloadExceededError

from .types import Message, Send


class Outlet:
    """A server's `send` that does nothing once the client has gone.

    What is the application's fault is raised, as that a message is too large for the server.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.gone = False

    async def __call__(self, message: Message) -> None:
        if self.gone:
            return
        try:
            await self._send(message)
        except PayloadExceededError:
            raise
        except (OSError, RuntimeError):
            self.gone = True
