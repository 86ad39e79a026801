"""Both kinds of socket hold their clients to the limits, in the words of their own protocol."""

import asyncio
import gc
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import path

from realtime import close_codes, inbox, limits
from realtime.limits import Limits, Rate, TokenBucket
from realtime.multiplexer import Multiplexer
from realtime.own_socket import OwnSocket
from realtime.testing import PatientCommunicator
from realtime.types import Application, Receive, Scope, Send

from .consumers import EchoText, Slow

ROUTES = [path("ws/echo/", EchoText.as_asgi()), path("ws/slow/", Slow.as_asgi())]
ONE_A_DAY = 1 / 86_400

pytestmark = pytest.mark.django_db

type Dial = Callable[..., Awaitable[PatientCommunicator]]


class Person:
    def __init__(self, pk: int) -> None:
        self.pk = pk


def signed_in(application: Application, user: object) -> Application:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        await application({**scope, "user": user}, receive, send)

    return wrapped


def multiplexed(allowed: Limits) -> Application:
    class Limited(Multiplexer):
        limits = allowed

    return Limited.over(ROUTES, prefix="ws/")


def alone(allowed: Limits, consumer: Application | None = None) -> Application:
    class Limited(OwnSocket):
        limits = allowed

    return Limited.around(consumer or EchoText.as_asgi())


@pytest.fixture(autouse=True)
def nobody_known() -> None:
    """Of the people that other tests have had under the same numbers."""
    limits._users.clear()


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    sockets: list[PatientCommunicator] = []

    async def dial(application: Application, user: object = None) -> PatientCommunicator:
        socket = PatientCommunicator(signed_in(application, user or AnonymousUser()), "/")
        assert (await socket.connect())[0]
        sockets.append(socket)
        return socket

    yield dial
    for socket in sockets:
        await socket.disconnect()


async def heard(socket: PatientCommunicator) -> Any:
    return json.loads(await socket.receive_from())


def test_a_bucket_gives_its_burst_at_once_and_then_says_when() -> None:
    bucket = TokenBucket(Rate(per_second=ONE_A_DAY, burst=3))
    assert [bucket.take(1) for _ in range(3)] == [0, 0, 0]
    days = [bucket.take(1) / 86_400 for _ in range(4)]
    assert days == pytest.approx([2, 3, 4, math.inf], rel=0.01)


async def test_who_waits_as_long_as_told_is_served(dial: Dial) -> None:
    socket = await dial(alone(Limits(frames=Rate(per_second=20, burst=1))))
    for number in range(4):
        await socket.send_json_to({"id": str(number)})
        answer = await heard(socket)
        if "retry_after" in answer:
            await asyncio.sleep(answer["retry_after"])
            await socket.send_json_to({"id": str(number)})
            answer = await heard(socket)
        assert answer == {"id": str(number)}


async def test_who_comes_back_has_used_what_was_used_before(dial: Dial) -> None:
    application = alone(Limits(user_frames=Rate(per_second=ONE_A_DAY, burst=2)))
    for refused in (False, False, True):
        socket = await dial(application, Person(1))
        await socket.send_json_to({})
        assert ("rate_limited" in await socket.receive_from()) is refused
        await socket.disconnect()
        gc.collect()


async def test_a_frame_too_many_is_refused_with_the_time_to_wait(dial: Dial) -> None:
    two = Limits(frames=Rate(per_second=ONE_A_DAY, burst=2))
    socket = await dial(multiplexed(two))
    await socket.send_json_to({"stream": "echo", "event": "open"})
    await socket.send_json_to({"stream": "echo", "payload": {"id": "1"}})
    assert (await heard(socket))["event"] == "opened"
    assert (await heard(socket))["payload"] == {"id": "1"}
    await socket.send_json_to({"stream": "echo", "payload": {"id": "2"}})
    refusal = await heard(socket)
    assert (refusal["stream"], refusal["event"]) == ("echo", "error")
    assert (refusal["payload"]["code"], refusal["payload"]["ref"]) == ("rate_limited", "2")
    assert refusal["payload"]["retry_after"] > 1

    socket = await dial(alone(two))
    for number in range(2):
        await socket.send_json_to({"id": str(number)})
        assert await heard(socket) == {"id": str(number)}
    await socket.send_json_to({"id": "2"})
    refusal = await heard(socket)
    assert (refusal["type"], refusal["code"], refusal["ref"]) == ("error", "rate_limited", "2")
    assert refusal["retry_after"] > 1


@pytest.mark.parametrize("kind", [multiplexed, alone])
async def test_who_goes_on_regardless_is_closed(
    dial: Dial, kind: Callable[[Limits], Application]
) -> None:
    socket = await dial(kind(Limits(frames=Rate(per_second=ONE_A_DAY, burst=2))))
    for _ in range(5):
        await socket.send_to(text_data="not even JSON")
    while (message := await socket.receive_output())["type"] == "websocket.send":
        pass
    assert message == {
        "type": "websocket.close",
        "code": close_codes.TOO_MUCH,
        "reason": "Too much at once.",
    }


@pytest.mark.parametrize("kind", [multiplexed, alone])
async def test_bytes_are_limited_as_frames_are(
    dial: Dial, kind: Callable[[Limits], Application]
) -> None:
    socket = await dial(kind(Limits(bytes=Rate(per_second=ONE_A_DAY, burst=100))))
    await socket.send_to(text_data="é" * 60)
    assert "rate_limited" in await socket.receive_from()


async def test_a_frame_too_large_is_refused_and_closes_nothing(dial: Dial) -> None:
    small = Limits(frame_bytes=100)
    socket = await dial(multiplexed(small))
    await socket.send_json_to({"stream": "echo", "payload": "x" * 100})
    refusal = await heard(socket)
    assert (refusal["stream"], refusal["payload"]["code"]) == ("echo", "too_large")
    assert "retry_after" not in refusal["payload"]

    socket = await dial(alone(small))
    await socket.send_to(bytes_data=b"\x00" * 101)
    assert (await heard(socket))["code"] == "too_large"
    await socket.send_to(bytes_data=b"\x00")
    assert await socket.receive_from() == b"\x00"


async def test_connections_of_one_user_share_a_limit_and_others_do_not(dial: Dial) -> None:
    two = Limits(user_frames=Rate(per_second=ONE_A_DAY, burst=2))
    mine = [await dial(alone(two), Person(1)) for _ in range(2)]
    for socket in mine:
        await socket.send_json_to({})
        assert await heard(socket) == {}
    await mine[0].send_json_to({})
    assert (await heard(mine[0]))["code"] == "rate_limited"
    for user in (Person(2), None):
        socket = await dial(alone(two), user)
        await socket.send_json_to({})
        assert await heard(socket) == {}


@pytest.mark.parametrize("kind", [multiplexed, alone])
async def test_a_user_has_so_many_sockets_and_gets_a_place_back(
    dial: Dial, kind: Callable[[Limits], Application]
) -> None:
    application = kind(Limits(user_sockets=1))
    first = await dial(application, Person(1))
    await dial(application, Person(2))
    second = await dial(application, Person(1))
    refusal = await heard(second)
    error = refusal.get("payload", refusal)
    assert (error["code"], error["retry_after"]) == ("too_many_sockets", 30)
    assert (await second.receive_output())["code"] == close_codes.TOO_MUCH
    await first.disconnect()
    third = await dial(application, Person(1))
    await third.send_json_to({})
    assert "too_many_sockets" not in await third.receive_from()


async def test_what_a_slow_consumer_does_not_take_has_a_bound(dial: Dial) -> None:
    class Impatient(OwnSocket):
        max_waiting = 3
        application_close_timeout = 0.05

    socket = await dial(Impatient.around(Slow.as_asgi()))
    for number in range(10):
        await socket.send_json_to({"id": str(number)})
    refusal = await heard(socket)
    assert (refusal["code"], refusal["retry_after"]) == ("busy", 1)


async def test_a_slow_consumer_does_not_slow_the_reading_of_its_socket(dial: Dial) -> None:
    class Steady(EchoText):
        async def receive(
            self, text_data: str | None = None, bytes_data: bytes | None = None
        ) -> None:
            await asyncio.sleep(0.02)

    class Tight(OwnSocket):
        limits = Limits(frames=Rate(per_second=1, burst=500))
        max_waiting = 10
        application_close_timeout = 0.05

    socket = await dial(Tight.around(Steady.as_asgi()))
    for number in range(2000):
        socket.input_queue.put_nowait({"type": "websocket.receive", "text": str(number)})
    while (message := await socket.receive_output())["type"] == "websocket.send":
        pass
    assert message["code"] == close_codes.TOO_MUCH


async def test_many_frames_at_once_are_not_too_many_for_a_quick_consumer(
    dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine makes any consumer slow.
    monkeypatch.setattr(inbox, "MOMENT", 20)
    monkeypatch.setattr(inbox, "PATIENCE", 60)

    class Tight(Multiplexer):
        max_waiting = 10

    for application in (Tight.over(ROUTES, prefix="ws/"), multiplexed(Limits())):
        socket = await dial(application)
        await socket.send_json_to({"stream": "echo", "event": "open"})
        for number in range(300):
            socket.input_queue.put_nowait(
                {"type": "websocket.receive", "text": f'{{"stream":"echo","payload":{number}}}'}
            )
        assert (await heard(socket))["event"] == "opened"
        assert [(await heard(socket))["payload"] for _ in range(300)] == list(range(300))


async def test_nothing_is_kept_of_users_who_have_gone(dial: Dial) -> None:
    allowed = Limits(user_sockets=5, user_frames=Rate(per_second=1000, burst=1))
    for number in range(20):
        socket = await dial(alone(allowed), Person(number))
        await socket.disconnect()
    await asyncio.sleep(0.1)  # far longer than it takes them to have a full bucket again
    gc.collect()
    assert not [key for key in limits._users if key[0] == allowed]
