"""python-socketio as an ASGI application, with its Redis manager between processes."""

import os
from typing import Any
from urllib.parse import parse_qs

import socketio

server = socketio.AsyncServer(
    async_mode="asgi",
    client_manager=socketio.AsyncRedisManager(os.environ["REDIS_URL"]),
    transports=["websocket"],
)
app = socketio.ASGIApp(server)


@server.event  # type: ignore[untyped-decorator]
async def connect(sid: str, environ: dict[str, Any]) -> None:
    [room] = parse_qs(environ["QUERY_STRING"])["room"]
    await server.save_session(sid, {"room": room})
    await server.enter_room(sid, room)


@server.event  # type: ignore[untyped-decorator]
async def message(sid: str, text: str) -> None:
    session = await server.get_session(sid)
    await server.emit("message", text, room=session["room"])
