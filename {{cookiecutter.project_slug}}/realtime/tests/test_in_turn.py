"""However many ask at once, so many requests run, and the others wait for their turn."""

import asyncio

import pytest

from realtime import in_turn
from realtime.types import Receive, Scope, Send

from .http import HttpClient
from .layers import until

AT_ONCE = 2


class Counting:
    """Reads a body as Django does, answers once it may, and counts who is at it."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.may_answer = asyncio.Event()
        self.application = in_turn.in_turn(self._serve, AT_ONCE)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.may_answer.wait()
            if scope["path"] == "/broken/":
                raise ZeroDivisionError
        finally:
            self.running -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def asked(self, path: str = "/", more_body: bool = False) -> HttpClient:
        client = HttpClient(self.application, "GET", path)
        message = {"type": "http.request", "body": b"", "more_body": more_body}
        await client.send_input(message)
        return client


async def status(client: HttpClient) -> int:
    return int((await client.receive_output())["status"])


async def test_no_more_requests_run_at_once_and_all_are_answered() -> None:
    site = Counting()
    clients = [await site.asked() for _ in range(10)]
    await until(lambda: site.running == AT_ONCE)
    site.may_answer.set()
    assert [await status(client) for client in clients] == [200] * 10
    assert site.most == AT_ONCE


async def test_who_is_slow_in_sending_a_body_holds_up_nobody() -> None:
    site = Counting()
    site.may_answer.set()
    slow = [await site.asked(more_body=True) for _ in range(AT_ONCE)]
    assert await status(await site.asked()) == 200
    for client in slow:
        await client.send_input({"type": "http.request", "body": b"", "more_body": False})
        assert await status(client) == 200


async def test_one_that_fails_or_whose_client_leaves_gives_its_turn_back() -> None:
    site = Counting()
    broken = await site.asked("/broken/")
    left = await site.asked()
    await until(lambda: site.running == AT_ONCE)
    left.future.cancel()
    await until(lambda: site.running == AT_ONCE - 1)
    site.may_answer.set()
    with pytest.raises(ZeroDivisionError):
        await broken.wait()
    for _ in range(2 * AT_ONCE):
        assert await status(await site.asked()) == 200


async def test_who_waits_too_long_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_turn, "WAIT_SECONDS", 0.1)
    site = Counting()
    clients = [await site.asked() for _ in range(AT_ONCE)]
    await until(lambda: site.running == AT_ONCE)
    assert await status(await site.asked()) == 503
    site.may_answer.set()
    assert [await status(client) for client in clients] == [200] * AT_ONCE
