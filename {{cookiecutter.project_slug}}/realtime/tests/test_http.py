import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from realtime.http import HttpConsumer, HttpError
from realtime.limits import Limits

from .http import HttpClient

type Handle = Callable[[HttpConsumer, bytes], Awaitable[None]]


def get(handle: Handle, body: bytes = b"", **initkwargs: Any) -> HttpClient:
    """A request to a consumer with this `handle()`."""
    consumer = type("Consumer", (HttpConsumer,), {"handle": handle})
    return HttpClient(consumer.as_asgi(**initkwargs), "GET", "/", body)  # type: ignore[attr-defined]


async def echo(consumer: HttpConsumer, body: bytes) -> None:
    await consumer.send_response(200, body)


async def test_the_body_arrives_whole() -> None:
    client = get(echo)
    for part in (b"one ", b"two ", b""):
        await client.send_input({"type": "http.request", "body": part, "more_body": part != b""})
    assert (await client.receive_output())["status"] == 200
    assert await client.read() == "one two "
    await client.wait()


async def test_who_leaves_before_the_end_of_the_body_is_not_answered() -> None:
    client = get(echo)
    await client.send_input({"type": "http.request", "body": b"one", "more_body": True})
    await client.leave()
    assert await client.receive_nothing()


async def test_the_handler_is_cancelled_when_the_client_leaves() -> None:
    cancelled = asyncio.Event()

    async def handle(consumer: HttpConsumer, body: bytes) -> None:
        await consumer.send_headers()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    client = get(handle)
    await client.open()
    await client.leave()
    assert cancelled.is_set()


async def test_a_refusal_becomes_the_response() -> None:
    async def handle(consumer: HttpConsumer, body: bytes) -> None:
        raise HttpError(405, "Only GET.", (b"Allow", b"GET"))

    response = await get(handle).get_response()
    assert (response["status"], response["body"]) == (405, b"Only GET.")
    assert (b"Allow", b"GET") in response["headers"]


async def test_a_handler_that_fails_is_logged_and_its_reasons_kept_from_the_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(consumer: HttpConsumer, body: bytes) -> None:
        raise ZeroDivisionError("a secret")

    response = await get(handle).get_response()
    assert response["status"] == 500
    assert b"secret" not in response["body"]
    assert "ZeroDivisionError" in caplog.text


async def test_a_response_that_fails_midway_ends_and_the_server_hears_of_no_exception(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(consumer: HttpConsumer, body: bytes) -> None:
        await consumer.send_headers()
        await consumer.send_body(b"one", more_body=True)
        raise ZeroDivisionError

    client = get(handle)
    response = await client.get_response()
    assert (response["status"], response["body"]) == (200, b"one")
    await client.wait()
    assert "ZeroDivisionError" in caplog.text


async def test_who_has_too_many_connections_is_told_to_come_back_later() -> None:
    async def handle(consumer: HttpConsumer, body: bytes) -> None:
        await consumer.send_headers()
        await asyncio.Event().wait()

    class Alice:
        pk = 1

    clients = [get(handle, limits=Limits(user_sockets=1)) for _ in range(3)]
    for client in clients:
        client.scope["user"] = Alice()
    assert (await clients[0].open())["status"] == 200
    refused = await clients[1].get_response()
    assert refused["status"] == 429
    assert (b"Retry-After", b"30") in refused["headers"]
    await clients[1].wait()
    await clients[0].leave()
    assert (await clients[2].open())["status"] == 200
    await clients[2].leave()


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpConsumer, "send_timeout", 0.1)

    async def handle(consumer: HttpConsumer, body: bytes) -> None:
        await consumer.send_headers()
        while True:
            await consumer.send_body(b"x", more_body=True)

    client = get(handle)
    client._output_queue = asyncio.Queue(maxsize=3)  # then `send` waits, as uvicorn's does
    await client.open()
    await client.wait()
