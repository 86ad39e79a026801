"""The ceiling: an ASGI application that only hands each message to everyone in the room."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Event = MutableMapping[str, Any]
type Send = Callable[[Event], Awaitable[None]]

rooms: defaultdict[str, set[Send]] = defaultdict(set)


async def application(scope: Event, receive: Callable[[], Awaitable[Event]], send: Send) -> None:
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])
    room = rooms[scope["path"]]
    await receive()
    await send({"type": "websocket.accept"})
    room.add(send)
    try:
        while (event := await receive())["type"] == "websocket.receive":
            message = {"type": "websocket.send", "text": event["text"]}
            for send_to_member in tuple(room):
                await send_to_member(message)
    finally:
        room.discard(send)
