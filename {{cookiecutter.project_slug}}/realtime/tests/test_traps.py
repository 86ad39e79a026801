"""What is easily got wrong where consumers share a socket, and has no better place."""

from typing import Any

import pytest
from channels.auth import login, logout
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.contrib.auth import get_user_model
from django.urls import Resolver404, path, re_path

from realtime.auth import AuthMiddlewareStack
from realtime.close_codes import CRASHED, CRASHED_STREAM
from realtime.consumer import SocketConsumer
from realtime.database import on_database_thread
from realtime.layers import PubSubLayer
from realtime.limits import Limits
from realtime.multiplexer import Multiplexer
from realtime.own_socket import OwnSocket
from realtime.testing import PatientCommunicator
from realtime.types import Application, Receive, Scope, Send

from .clients import Visit
from .consumers import EchoText, Slow
from .sessions import user_named

pytestmark = pytest.mark.django_db(transaction=True)


async def with_streams(application: Application, *names: str) -> PatientCommunicator:
    socket = PatientCommunicator(application, "/ws/")
    assert (await socket.connect())[0]
    for name in names:
        await socket.send_json_to({"stream": name, "event": "open"})
        assert await socket.receive_json_from() == {"stream": name, "event": "opened"}
    return socket


async def say(socket: PatientCommunicator, stream: str, payload: object) -> Any:
    await socket.send_json_to({"stream": stream, "payload": payload})
    return (await socket.receive_json_from())["payload"]


class Lost(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        raise Resolver404  # at which URLRouter goes on to its next route


async def test_what_finds_no_route_inside_starts_no_second_application() -> None:
    started: list[str] = []

    async def fallback(scope: Scope, receive: Receive, send: Send) -> None:
        started.append(scope["path"])

    lost, last_route = Lost.as_asgi(), re_path(r"", fallback)  # type: ignore[arg-type]
    streams = Multiplexer.over([path("ws/lost/", lost)], prefix="ws/")
    application = URLRouter(
        [path("ws/", streams), path("ws/lost/", OwnSocket.around(lost)), last_route]
    )
    multiplexed = await with_streams(application, "lost")
    assert (await say(multiplexed, "lost", 1))["code"] == CRASHED_STREAM
    own = PatientCommunicator(application, "/ws/lost/")
    await own.connect()
    await own.send_to("1")
    assert (await own.receive_output())["code"] == CRASHED
    for socket in (multiplexed, own):
        await socket.disconnect()
    assert started == []


class Hearer(SocketConsumer):
    groups = ["room"]


class ChannelsHearer(AsyncWebsocketConsumer):  # type: ignore[misc]
    groups = ["room"]


@pytest.mark.parametrize(("consumer", "channels"), [(Hearer, 0), (ChannelsHearer, 2)])
async def test_consumers_of_channels_have_a_channel_each_and_those_of_this_site_have_none(
    visit: Visit, redis_layer: PubSubLayer, consumer: Any, channels: int
) -> None:
    for _ in range(2):
        await visit(consumer.as_asgi())
    assert len(redis_layer.channels) == channels


class Door(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Lets people in and out, and says who is there."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        match text_data:
            case '"in"':
                user = await on_database_thread(get_user_model().objects.get)
                await login(self.scope, user, "django.contrib.auth.backends.ModelBackend")
            case '"out"':
                await logout(self.scope)
        await self.send(text_data=f'"{self.scope["user"]}"')


async def test_who_signs_in_or_out_on_one_stream_has_done_so_on_all() -> None:
    await on_database_thread(user_named, "alice")
    routes = [path("ws/<slug:name>/", Door.as_asgi())]
    site = AuthMiddlewareStack(Multiplexer.over(routes, prefix="ws/"))
    socket = await with_streams(site, "front", "back")
    assert await say(socket, "back", "?") == "AnonymousUser"
    assert await say(socket, "front", "in") == "alice"
    assert await say(socket, "back", "?") == "alice"
    assert await say(socket, "back", "out") == "AnonymousUser"
    assert await say(socket, "front", "?") == "AnonymousUser"
    await socket.disconnect()


class Proven(Multiplexer):
    limits = Limits(unproven_bytes=1600)
    application_close_timeout = 0.05


async def test_a_stream_that_is_stuck_keeps_no_proof_of_reading_from_its_siblings() -> None:
    routes = [path("ws/slow/", Slow.as_asgi()), path("ws/echo/", EchoText.as_asgi())]
    socket = await with_streams(Proven.over(routes, prefix="ws/"), "slow", "echo")
    for _ in range(Proven.max_waiting + 10):
        await socket.send_json_to({"stream": "slow", "payload": 1})
    heard = pings = 0
    while heard < 100:
        await socket.send_json_to({"stream": "echo", "payload": "x" * 100})
        match await socket.receive_json_from():
            case {"event": "ping", "payload": number}:
                await socket.send_json_to({"event": "pong", "payload": number})
                pings += 1
            case {"stream": "echo"}:
                heard += 1
    assert pings > 5
    await socket.disconnect()
