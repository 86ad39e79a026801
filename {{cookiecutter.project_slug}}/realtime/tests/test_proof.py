"""A client must prove that it reads; talking is no proof."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.generic.websocket import WebsocketConsumer
from channels.layers import channel_layers

from realtime import close_codes
from realtime.consumer import SocketConsumer
from realtime.layers import InMemoryLayer
from realtime.limits import Limits
from realtime.multiplexer import Multiplexer
from realtime.own_socket import OwnSocket
from realtime.testing import PatientCommunicator
from realtime.types import Application, Message

from .layers import until

BUDGET = 16_000  # so a question comes every 1,000 bytes
TEXT = '"' + "x" * 498 + '"'

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def layer() -> InMemoryLayer:
    layer = InMemoryLayer()
    channel_layers.set("default", layer)
    return layer


class Hearer(SocketConsumer):
    groups = ["everybody"]
    heard = 0
    max_waiting_messages = 10

    async def said(self, message: Message) -> None:
        await self.send(text_data=TEXT)
        type(self).heard += 1

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=TEXT)


def multiplexed(seconds: float) -> Application:
    class Proven(Multiplexer):
        limits = Limits(unproven_bytes=BUDGET, proof_seconds=seconds)
        applications = {"hearer": Hearer.as_asgi()}

    return Proven.as_asgi()


def alone(seconds: float) -> Application:
    class Proven(OwnSocket):
        limits = Limits(unproven_bytes=BUDGET, proof_seconds=seconds)

    return Proven.around(Hearer.as_asgi())


def number_in(text: str) -> Any:
    """The number that a ping asks to be answered with, or None if this is no ping."""
    frame = json.loads(text)
    if isinstance(frame, dict) and (frame.get("event"), frame.get("type")) != (None, None):
        return frame.get("payload") if frame.get("event") == "ping" else frame.get("n")
    return None


def pong(number: int) -> dict[str, object]:
    """An answer that both kinds of socket understand."""
    return {"event": "pong", "payload": number, "type": "pong", "n": number}


@pytest.fixture(params=[multiplexed, alone])
async def dial(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[float], Any]]:
    sockets: list[PatientCommunicator] = []
    Hearer.heard = 0

    async def dial(seconds: float) -> PatientCommunicator:
        socket = PatientCommunicator(request.param(seconds), "/")
        assert (await socket.connect())[0]
        sockets.append(socket)
        return socket

    yield dial
    for socket in sockets:
        await socket.disconnect()


async def test_who_answers_is_sent_any_amount(
    dial: Callable[[float], Any], layer: InMemoryLayer
) -> None:
    socket = await dial(60)
    pings = received = 0
    for _ in range(200):
        await layer.group_send("everybody", {"type": "said"})
        while received <= Hearer.heard and not socket.output_queue.empty():
            text = await socket.receive_from()
            if (number := number_in(text)) is None:
                received += TEXT in text
            else:
                pings += 1
                await socket.send_json_to(pong(number))
        await asyncio.sleep(0)
    await until(lambda: Hearer.heard == 200)
    assert pings > 200 * 500 // BUDGET


async def test_sending_waits_for_proof_and_goes_on_with_it(
    dial: Callable[[float], Any], layer: InMemoryLayer
) -> None:
    socket = await dial(60)
    for _ in range(40):
        await layer.group_send("everybody", {"type": "said"})
        await asyncio.sleep(0)
    numbers = [n for m in list(socket.output_queue._queue) if (n := number_in_output(m))]
    assert 30 <= Hearer.heard < 40
    for number in numbers:
        await socket.send_json_to(pong(number))
    await until(lambda: Hearer.heard == 40)


def number_in_output(message: Message) -> Any:
    return number_in(message["text"]) if "text" in message else None


async def test_who_does_not_answer_in_time_is_closed(
    dial: Callable[[float], Any], layer: InMemoryLayer
) -> None:
    socket = await dial(0.1)
    for _ in range(4):
        await layer.group_send("everybody", {"type": "said"})
    assert await closed_with(socket) == close_codes.TOO_SLOW


async def test_who_talks_and_does_not_read_is_closed(dial: Callable[[float], Any]) -> None:
    socket = await dial(0.2)

    async def talk() -> None:
        while True:
            await socket.send_json_to({"stream": "hearer", "payload": 1})
            await socket.send_json_to(pong(17))  # a guess
            await asyncio.sleep(0.01)

    talking = asyncio.create_task(talk())
    assert await closed_with(socket) == close_codes.TOO_SLOW
    talking.cancel()
    await asyncio.wait([talking])


async def test_what_waits_for_proof_has_a_bound(
    dial: Callable[[float], Any], layer: InMemoryLayer
) -> None:
    socket = await dial(60)
    for _ in range(100):
        await layer.group_send("everybody", {"type": "said"})
        await asyncio.sleep(0)
    await until(lambda: any(closing(m) for m in socket.output_queue._queue))
    assert Hearer.heard < 40


def closing(message: Message) -> bool:
    if message["type"] == "websocket.close":
        return bool(message["code"] == close_codes.TOO_SLOW)
    return str(close_codes.TOO_SLOW) in message.get("text", "")


async def closed_with(socket: PatientCommunicator) -> Any:
    while (message := await socket.receive_output())["type"] != "websocket.close":
        pass
    return message["code"]


class Talker(WebsocketConsumer):  # type: ignore[misc]
    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        for _ in range(2 * BUDGET // len(TEXT)):
            self.send(text_data=TEXT)


async def test_a_synchronous_consumer_holds_up_nobody_while_its_client_does_not_read() -> None:
    class Proven(OwnSocket):
        limits = Limits(unproven_bytes=BUDGET, proof_seconds=3600)

    socket = PatientCommunicator(Proven.around(Talker.as_asgi()), "/")
    await socket.connect()
    await socket.send_to(text_data="talk")
    assert await closed_with(socket) == close_codes.TOO_SLOW
    assert await sync_to_async(lambda: "done")() == "done"
    await socket.disconnect()
