"""What SocketConsumer promises whoever writes handlers for it."""

import asyncio
from typing import Any, ClassVar

import pytest
from channels.layers import channel_layers

from realtime import close_codes
from realtime.consumer import SocketConsumer
from realtime.layers import InMemoryLayer
from realtime.testing import PatientCommunicator
from realtime.types import Message


@pytest.fixture(autouse=True)
def layer() -> InMemoryLayer:
    layer = InMemoryLayer()
    channel_layers.set("default", layer)
    return layer


class Room(SocketConsumer):
    """Notes what happens to it, in `log`."""

    groups: ClassVar[list[str]] = ["room"]
    log: list[str] = []
    max_waiting_messages = 3

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        match text_data:
            case "crash":
                raise ZeroDivisionError
            case "close with 1011":
                await self.close(1011)
            case _:
                self.log.append("command begins")
                await asyncio.sleep(0.1)
                self.log.append("command ends")

    async def said(self, message: Message) -> None:
        self.log.append(f"{message['text']} begins")
        await asyncio.sleep(message.get("seconds", 0))
        self.log.append(f"{message['text']} ends")
        await self.send(text_data=message["text"])

    def shouted(self, message: Message) -> None:
        self.log.append("shout")

    async def broken(self, message: Message) -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def disconnect(self, code: int) -> None:
        self.log.append(f"disconnected with {code}")


@pytest.fixture
async def socket() -> PatientCommunicator:
    Room.log.clear()
    socket = PatientCommunicator(Room.as_asgi(), "/")
    assert (await socket.connect())[0]
    return socket


def said(text: str, seconds: float = 0) -> Message:
    return {"type": "said", "text": text, "seconds": seconds}


async def end(socket: PatientCommunicator) -> None:
    """Wait for a consumer that ends by itself."""
    async with asyncio.timeout(5):
        while not socket.future.done():
            await asyncio.sleep(0.01)


async def test_group_messages_come_in_order_and_never_at_the_same_time(
    socket: PatientCommunicator, layer: InMemoryLayer
) -> None:
    await layer.group_send("room", said("one", 0.05))
    await layer.group_send("room", said("two"))
    await layer.group_send("room", said("three"))
    for text in ("one", "two", "three"):
        assert await socket.receive_from() == text
    words = ["one", "two", "three"]
    assert Room.log == [f"{word} {edge}" for word in words for edge in ("begins", "ends")]
    await socket.disconnect()


async def test_a_group_message_waits_for_the_command_that_runs_unless_its_handler_is_sync(
    socket: PatientCommunicator, layer: InMemoryLayer
) -> None:
    await socket.send_to(text_data="slow")
    await asyncio.sleep(0.02)
    await layer.group_send("room", said("one"))
    await layer.group_send("room", {"type": "shouted"})
    await socket.receive_from()
    assert Room.log == ["command begins", "shout", "command ends", "one begins", "one ends"]
    await socket.disconnect()


@pytest.mark.parametrize("kind", ["broken", "no_such_handler"])
async def test_a_handler_that_fails_ends_the_connection_with_its_clean_up(
    socket: PatientCommunicator, layer: InMemoryLayer, kind: str
) -> None:
    await layer.group_send("room", {"type": kind})
    await end(socket)
    assert isinstance(socket.future.exception(), (ZeroDivisionError, ValueError))
    assert Room.log == [f"disconnected with {close_codes.ABNORMAL}"]
    assert not any(listeners._groups for listeners in layer._listeners.values())


async def test_a_command_that_fails_ends_the_connection_with_its_clean_up(
    socket: PatientCommunicator, layer: InMemoryLayer
) -> None:
    await socket.send_to(text_data="crash")
    await end(socket)
    assert isinstance(socket.future.exception(), ZeroDivisionError)
    assert Room.log == [f"disconnected with {close_codes.ABNORMAL}"]
    assert not any(listeners._groups for listeners in layer._listeners.values())


async def test_a_connection_that_its_server_cancels_is_cleaned_up(
    socket: PatientCommunicator, layer: InMemoryLayer
) -> None:
    await layer.group_send("room", said("stuck", 60))
    await asyncio.sleep(0.02)
    tasks = asyncio.all_tasks()
    socket.future.cancel()
    await end(socket)
    assert socket.future.cancelled()
    assert Room.log == ["stuck begins", f"disconnected with {close_codes.ABNORMAL}"]
    assert len(asyncio.all_tasks()) == len(tasks) - 2  # the connection's own, and the handler's


async def test_who_falls_too_far_behind_is_closed(
    socket: PatientCommunicator, layer: InMemoryLayer
) -> None:
    for _ in range(6):
        await layer.group_send("room", said("stuck", 60))
    await end(socket)
    assert await socket.receive_output() == {
        "type": "websocket.close",
        "code": close_codes.TOO_SLOW,
        "reason": "Too slow.",
    }
    assert Room.log == ["stuck begins", f"disconnected with {close_codes.ABNORMAL}"]


async def test_a_close_code_that_daphne_refuses_is_refused_on_every_server(
    socket: PatientCommunicator,
) -> None:
    await socket.send_to(text_data="close with 1011")
    await end(socket)
    assert isinstance(socket.future.exception(), ValueError)


@pytest.mark.parametrize("error", [ConnectionResetError, RuntimeError])
async def test_sending_to_a_client_that_has_gone_does_nothing(
    error: type[Exception], layer: InMemoryLayer
) -> None:
    Room.log.clear()
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    sent: list[str] = []

    async def send(message: Message) -> None:
        sent.append(message["type"])
        if message["type"] == "websocket.send":
            raise error

    inbox.put_nowait({"type": "websocket.connect"})
    scope: dict[str, Any] = {"type": "websocket"}
    connection = asyncio.create_task(Room.as_asgi()(scope, inbox.get, send))
    await asyncio.sleep(0.02)
    for text in ("one", "two"):
        await layer.group_send("room", said(text))
        await asyncio.sleep(0.02)
    inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})
    await connection
    assert sent == ["websocket.accept", "websocket.send"]
    assert Room.log[-1] == "disconnected with 1001"


async def test_a_command_that_fails_while_a_group_message_waits_still_cleans_up(
    layer: InMemoryLayer,
) -> None:
    class Doomed(Room):
        async def receive(
            self, text_data: str | None = None, bytes_data: bytes | None = None
        ) -> None:
            await layer.group_send("room", {"type": "broken"})
            await asyncio.sleep(0.02)
            raise ZeroDivisionError

    Room.log.clear()
    socket = PatientCommunicator(Doomed.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data="go")
    await end(socket)
    assert isinstance(socket.future.exception(), ZeroDivisionError)
    assert Room.log == [f"disconnected with {close_codes.ABNORMAL}"]
