"""What is counted of sockets, and under which code. tests/test_metrics.py has the whole site."""

import pytest
from channels.routing import URLRouter
from django.urls import path

from realtime import close_codes
from realtime.consumer import SocketConsumer
from realtime.counters import OTHER, counters
from realtime.own_socket import OwnSocket
from realtime.testing import PatientCommunicator


class Closing(SocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(close_codes.NOT_ALLOWED)


async def opened() -> PatientCommunicator:
    application = OwnSocket.around(URLRouter([path("ws/", Closing.as_asgi())]))
    socket = PatientCommunicator(application, "/ws/")
    assert (await socket.connect())[0]
    return socket


@pytest.mark.parametrize(
    ("code", "counted"), [(1000, 1000), (1001, 1001), (3999, OTHER), (4403, OTHER)]
)
async def test_codes_that_clients_make_up_are_counted_as_one(code: int, counted: int | str) -> None:
    socket = await opened()
    before = counters.closes.copy()
    await socket.disconnect(code)
    assert counters.closes - before == {counted: 1}


async def test_the_servers_own_code_counts_whatever_the_client_says() -> None:
    socket = await opened()
    before = counters.closes.copy()
    await socket.send_to("anything")
    assert (await socket.receive_output())["code"] == close_codes.NOT_ALLOWED
    await socket.disconnect(1006)
    assert counters.closes - before == {close_codes.NOT_ALLOWED: 1}


async def test_what_is_open_is_counted_until_it_is_closed() -> None:
    before = counters.sockets, counters.streams
    socket = await opened()
    assert (counters.sockets, counters.streams) == (before[0] + 1, before[1] + 1)
    await socket.disconnect()
    assert (counters.sockets, counters.streams) == before
