import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.layers import get_channel_layer

from worker.server import TaskServer


def new_server(concurrency: int = 4, grace: float = 10) -> TaskServer:
    from config.asgi import worker_channels  # not before the test settings are in force

    names = list(worker_channels.application_mapping)
    layer = get_channel_layer("queue")
    return TaskServer(worker_channels, names, layer, concurrency, grace)


@asynccontextmanager
async def serving(concurrency: int = 4, grace: float = 10) -> AsyncIterator[TaskServer]:
    """A worker in this process, until the end of the block."""
    server = new_server(concurrency, grace)
    running = asyncio.create_task(server.arun())
    await asyncio.sleep(0)  # by which it has begun
    try:
        yield server
    finally:
        if not server.is_stopping:
            server.stop()
        await running
