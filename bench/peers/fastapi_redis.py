"""FastAPI with `broadcaster`, the package that FastAPI's documentation names for several processes.

As in broadcaster's own example: a receiver and a sender for each socket in one task group.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from broadcaster import Broadcast
from fastapi import FastAPI, WebSocket

broadcast = Broadcast(os.environ["REDIS_URL"])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with broadcast:
        yield


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws/chat/{room}/")
async def chat(socket: WebSocket, room: str) -> None:
    await socket.accept()
    async with anyio.create_task_group() as tasks:

        async def publish_what_the_client_says() -> None:
            async for text in socket.iter_text():
                await broadcast.publish(channel=room, message=text)
            tasks.cancel_scope.cancel()

        tasks.start_soon(publish_what_the_client_says)
        async with broadcast.subscribe(channel=room) as subscriber:
            async for event in subscriber:
                await socket.send_text(event.message)
