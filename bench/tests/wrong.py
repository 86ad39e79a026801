"""A chat that breaks one promise: the one that the environment variable WRONG names."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Event = MutableMapping[str, Any]
type Send = Callable[[Event], Awaitable[None]]

members: list[Send] = []
held_back: list[str] = []
count = 0


async def application(scope: Event, receive: Callable[[], Awaitable[Event]], send: Send) -> None:
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])
    await receive()
    if os.environ["WRONG"] == "refuse":
        return await send({"type": "websocket.close"})
    await send({"type": "websocket.accept"})
    members.append(send)
    while (event := await receive())["type"] == "websocket.receive":
        text = event["text"]
        await (tell_all if "hello" in text else PROMISES[os.environ["WRONG"]])(text)
    members.remove(send)


async def tell_all(text: str, *, to: slice = slice(None)) -> None:
    for send in members[to]:
        await send({"type": "websocket.send", "text": text})


async def repeat(text: str) -> None:
    await tell_all(text)
    await tell_all(text, to=slice(1))


async def lose(text: str) -> None:
    global count
    count += 1
    await tell_all(text, to=slice(1, None) if count == 10 else slice(None))


async def reorder(text: str) -> None:
    held_back.append(text)
    if len(held_back) == 10:
        while held_back:
            await tell_all(held_back.pop())


async def change(text: str) -> None:
    await tell_all(text.replace("lazy", "quick"))


async def invent(text: str) -> None:
    await tell_all(text.replace("<0:", "<7:"))


async def close(text: str) -> None:
    await members[0]({"type": "websocket.close", "code": 1000})


PROMISES = {
    "nothing": tell_all,
    "repeat": repeat,
    "lose": lose,
    "reorder": reorder,
    "change": change,
    "invent": invent,
    "close": close,
}
