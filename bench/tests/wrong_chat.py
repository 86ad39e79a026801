"""A chat that stores what is said, and breaks one promise: the one that WRONG names."""

import json
import os
import re
import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

type Event = MutableMapping[str, Any]
type Send = Callable[[Event], Awaitable[None]]

WRONG = os.environ["WRONG"]
JOINED = '{"type":"room.joined","seq":%d,"epoch":"one","recovered":true}'
OK = '{"type":"ok","ref":"%s"}'

database = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"), autocommit=True)
database.execute("PRAGMA synchronous=OFF")
database.execute("CREATE TABLE IF NOT EXISTS chat_message (room, body)")
members: dict[str, list[Send]] = {}


async def application(scope: Event, receive: Callable[[], Awaitable[Event]], send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b'{"sign_in":0,"others":0}'})
        return
    if scope["type"] != "websocket":
        raise NotImplementedError(scope["type"])
    await receive()
    await send({"type": "websocket.accept"})
    room = re.split("/", scope["path"])[-2]
    await join(room, parse_qs(scope["query_string"].decode()), send)
    members.setdefault(room, []).append(send)
    while (event := await receive())["type"] == "websocket.receive":
        await take(room, json.loads(event["text"]), send)
    members[room].remove(send)


async def join(room: str, query: dict[str, list[str]], send: Send) -> None:
    found = database.execute("SELECT body FROM chat_message WHERE room = ?", [room]).fetchall()
    missed = found[int(query["since"][0]) :] if "since" in query else []
    for (body,) in missed[:-1] if WRONG == "amnesia" else missed:
        await say(body, send)
    await say(JOINED % len(found), send)


async def take(room: str, command: dict[str, str], send: Send) -> None:
    body, ok = command["body"], OK % command["id"]
    spoken = "hello" not in body
    if WRONG == "refuse" and spoken:
        return await say('{"type":"error","ref":null,"code":"server_error"}', send)
    if not (WRONG == "forget" and ":3>" in body):
        database.execute("INSERT INTO chat_message VALUES (?, ?)", [room, body])
    for one in members[room]:
        await say(body, one)
    if not (WRONG == "silent" and spoken):
        await say(ok, send)
    if WRONG == "repeat":
        await say(ok, send)


async def say(text: str, send: Send) -> None:
    await send({"type": "websocket.send", "text": text})
