import asyncio

from channels.layers import get_channel_layer
from django.db import connection
from django.http import HttpRequest, JsonResponse

from realtime.database import on_database_thread

TIMEOUT = 3  # seconds for each part


async def healthz(request: HttpRequest) -> JsonResponse:
    """200 if the database and the channel layer answer, else 503 and what does not."""
    failed = {}
    for name, check in {"database": _database, "channel layer": _layer}.items():
        try:
            async with asyncio.timeout(TIMEOUT):
                await check()
        except Exception as error:
            failed[name] = type(error).__name__
    return JsonResponse({"failed": failed}, status=503 if failed else 200)


async def _database() -> None:
    await on_database_thread(_query)


def _query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def _layer() -> None:
    await get_channel_layer().group_send("healthz", {"type": "healthz"})
