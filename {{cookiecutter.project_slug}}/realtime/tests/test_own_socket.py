"""A consumer on a socket of its own behaves as without limits, but for how it ends."""

import asyncio

import pytest

from realtime import close_codes
from realtime.consumer import SocketConsumer
from realtime.own_socket import OwnSocket
from realtime.testing import PatientCommunicator
from realtime.types import Application

from .consumers import Closing, Crashing, EchoText, Hasty, Recording, Refusing, Slow
from .layers import until

pytestmark = pytest.mark.django_db


def around(application: Application) -> PatientCommunicator:
    return PatientCommunicator(OwnSocket.around(application), "/")


async def test_text_and_bytes_pass_as_they_are() -> None:
    socket = around(EchoText.as_asgi())
    await socket.connect()
    await socket.send_to(text_data="not JSON")
    assert await socket.receive_from() == "not JSON"
    await socket.send_to(bytes_data=b"\xff")
    assert await socket.receive_from() == b"\xff"
    await socket.disconnect()


async def test_a_refusal_is_the_consumers_own() -> None:
    assert await around(Refusing.as_asgi()).connect() == (False, 4403)


async def test_a_close_is_the_consumers_own() -> None:
    socket = around(Closing.as_asgi())
    await socket.connect()
    await socket.send_to(text_data="4404")
    close = {"type": "websocket.close", "code": 4404, "reason": "as you wish"}
    assert await socket.receive_output() == close
    await socket.disconnect()


async def test_a_crash_closes_with_a_code_that_every_server_lets_through(
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = around(Crashing.as_asgi())
    await socket.connect()
    await socket.send_to(text_data="x")
    assert (await socket.receive_output())["code"] == close_codes.CRASHED
    assert "ZeroDivisionError" in caplog.text
    await socket.disconnect()


async def test_the_consumer_hears_once_that_the_socket_is_gone() -> None:
    Recording.disconnects.clear()
    socket = around(Recording.as_asgi())
    await socket.connect()
    await socket.disconnect(1006)
    assert Recording.disconnects == [1006]


async def test_a_consumer_whose_server_cancels_it_is_disconnected() -> None:
    Recording.disconnects.clear()
    socket = around(Recording.as_asgi())
    await socket.connect()
    socket.future.cancel()
    await until(socket.future.done)
    assert Recording.disconnects == [close_codes.ABNORMAL]


async def test_a_consumer_that_will_not_end_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    class Impatient(OwnSocket):
        application_close_timeout = 0.05

    socket = PatientCommunicator(Impatient.around(Slow.as_asgi()), "/ws/slow/")
    await socket.connect()
    await socket.send_to(text_data="x")
    await socket.disconnect()
    assert "/ws/slow/ did not end in time" in caplog.text
    assert not [task for task in asyncio.all_tasks() if "Stream._run" in repr(task)]


async def test_a_consumer_that_sends_before_it_accepts_fails_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    accepted, code = await around(Hasty.as_asgi()).connect()
    assert (accepted, code) == (False, close_codes.CRASHED)
    assert "must accept the connection" in caplog.text


async def test_a_long_reason_is_cut_to_what_a_close_frame_holds() -> None:
    class Wordy(SocketConsumer):
        async def receive(
            self, text_data: str | None = None, bytes_data: bytes | None = None
        ) -> None:
            await self.close(4404, "é" * 100)

    socket = around(Wordy.as_asgi())
    await socket.connect()
    await socket.send_to(text_data="x")
    close = await socket.receive_output()
    assert (close["code"], close["reason"]) == (4404, "é" * 61)
    await socket.disconnect()
