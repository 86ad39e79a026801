"""So many HTTP requests at a time: each has a thread, and a database connection, of its own.

Without a limit, a crowd would take all connections of the pool for seconds, and who then waits
too long for one fails: pages, and sockets as well.
"""

import asyncio
from weakref import WeakKeyDictionary

from .types import Application, Message, Receive, Scope, Send

WAIT_SECONDS = 20.0  # then 503, so that not everybody waits where the database hangs


class BusyError(Exception):
    """There was no turn for this request in time."""


def in_turn(application: Application, at_once: int) -> Application:
    """An ASGI application of whose requests no more run in an event loop; the others wait.

    A request has its turn once its body has arrived: who is slow in sending it holds up nobody.
    """
    all_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
    all_turns = WeakKeyDictionary()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        turns = all_turns.setdefault(loop, asyncio.Semaphore(at_once))
        has_turn = False

        async def receive_in_turn() -> Message:
            nonlocal has_turn
            message = await receive()
            is_whole = message["type"] == "http.request" and not message.get("more_body")
            if is_whole and not has_turn:
                await _take(turns)
                has_turn = True
            return message

        try:
            await application(scope, receive_in_turn, send)
        except BusyError:
            headers = [(b"retry-after", b"5")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body"})
        finally:
            if has_turn:
                turns.release()

    return waiting


async def _take(turns: asyncio.Semaphore) -> None:
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await turns.acquire()
    except TimeoutError:
        raise BusyError from None
