import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from channels.routing import URLRouter
from django.urls import path
from django.utils.functional import SimpleLazyObject

from realtime.multiplexer import Multiplexer
from realtime.testing import PatientCommunicator
from realtime.types import Application, Receive, Scope, Send

from .consumers import (
    Closing,
    Crashing,
    Described,
    EchoJson,
    EchoSync,
    EchoText,
    Grouped,
    Mute,
    Recording,
    Refusing,
    SignIn,
    Slow,
)

ROUTES = [
    path("ws/echo/", EchoJson.as_asgi()),
    path("ws/sync/", EchoSync.as_asgi()),
    path("ws/text/", EchoText.as_asgi()),
    path("ws/room/<slug:room>/", Described.as_asgi()),
    path("ws/group/<int:n>/", Grouped.as_asgi()),
    path("ws/refusing/", Refusing.as_asgi()),
    path("ws/crashing/", Crashing.as_asgi()),
    path("ws/closing/", Closing.as_asgi()),
    path("ws/slow/", Slow.as_asgi()),
    path("ws/recording/", Recording.as_asgi()),
    path("ws/mute/", Mute.as_asgi()),
    path("ws/user/<slug:name>/", SignIn.as_asgi()),
    path("ws/nested/<int:n>/", URLRouter([path("inner/<slug:room>/", Described.as_asgi())])),
]

pytestmark = pytest.mark.django_db  # Channels closes old connections around each message

type Dial = Callable[[Application], Awaitable[PatientCommunicator]]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    sockets: list[PatientCommunicator] = []

    async def dial(application: Application) -> PatientCommunicator:
        socket = PatientCommunicator(application, "/ws/?from=socket")
        assert (await socket.connect())[0]
        sockets.append(socket)
        return socket

    yield dial
    for socket in sockets:
        await socket.disconnect()


class Impatient(Multiplexer):
    application_close_timeout = 0.05


@pytest.fixture
async def socket(dial: Dial) -> PatientCommunicator:
    return await dial(Multiplexer.over(ROUTES, prefix="ws/"))


@pytest.fixture
async def impatient_socket(dial: Dial) -> PatientCommunicator:
    return await dial(Impatient.over(ROUTES, prefix="ws/"))


async def open_stream(socket: PatientCommunicator, name: str, **params: object) -> None:
    await socket.send_json_to({"stream": name, "event": "open", "params": params})
    assert await socket.receive_json_from() == {"stream": name, "event": "opened"}


async def ask(socket: PatientCommunicator, frame: dict[str, Any]) -> Any:
    await socket.send_json_to(frame)
    return await socket.receive_json_from()


async def error_code(socket: PatientCommunicator, frame: dict[str, Any]) -> str:
    answer = await ask(socket, frame)
    assert (answer["stream"], answer["event"]) == (frame["stream"], "error")
    assert answer["payload"]["message"]
    return str(answer["payload"]["code"])


# Consumers inside


@pytest.mark.parametrize("name", ["echo", "sync"])
async def test_json_consumers_work_unchanged(socket: PatientCommunicator, name: str) -> None:
    await open_stream(socket, name)
    answer = await ask(socket, {"stream": name, "payload": {"a": [1, None]}})
    assert answer == {"stream": name, "payload": {"echo": {"a": [1, None]}}}


@pytest.mark.parametrize(
    "frame",
    [
        {"stream": "text", "encoding": "text", "payload": "plain words"},
        {"stream": "text", "encoding": "base64", "payload": "AP8="},
    ],
)
async def test_text_and_bytes_are_carried_both_ways(
    socket: PatientCommunicator, frame: dict[str, Any]
) -> None:
    await open_stream(socket, "text")
    assert await ask(socket, frame) == frame


async def test_a_stream_has_the_scope_of_its_own_url(socket: PatientCommunicator) -> None:
    await open_stream(socket, "room/general", since=5)
    assert (await socket.receive_json_from())["payload"] == {
        "path": "/ws/room/general/",
        "query": "since=5",
        "kwargs": {"room": "general"},
    }


async def test_routes_of_nested_routers_are_streams(socket: PatientCommunicator) -> None:
    await open_stream(socket, "nested/7/inner/general")
    kwargs = (await socket.receive_json_from())["payload"]["kwargs"]
    assert kwargs == {"n": 7, "room": "general"}


async def test_group_messages_reach_every_stream_of_the_group(
    socket: PatientCommunicator,
) -> None:
    await open_stream(socket, "group/1")
    await open_stream(socket, "group/2")
    await socket.send_json_to({"stream": "group/1", "payload": "hello"})
    heard = [await socket.receive_json_from() for _ in range(2)]
    assert sorted(frame["stream"] for frame in heard) == ["group/1", "group/2"]
    assert {frame["payload"] for frame in heard} == {"hello"}


async def test_frames_sent_before_the_stream_answered_wait_for_it(
    socket: PatientCommunicator,
) -> None:
    await socket.send_json_to({"stream": "echo", "event": "open"})
    await socket.send_json_to({"stream": "echo", "payload": 1})
    assert (await socket.receive_json_from())["event"] == "opened"
    assert (await socket.receive_json_from())["payload"] == {"echo": 1}


@pytest.mark.parametrize("lazy", [True, False])
async def test_a_stream_that_signs_in_is_seen_by_its_siblings(lazy: bool) -> None:
    user: Any = SimpleLazyObject(lambda: "nobody") if lazy else "nobody"
    scope = {"type": "websocket", "path": "/ws/", "user": user}

    async def signed_in(_: Scope, receive: Receive, send: Send) -> None:
        await Multiplexer.over(ROUTES, prefix="ws/")(scope, receive, send)

    socket = PatientCommunicator(signed_in, "/")
    await socket.connect()
    for name in ("user/a", "user/b"):
        await open_stream(socket, name)
    answer = await ask(socket, {"stream": "user/a", "payload": "alice"})
    assert answer["payload"] == ["alice"]
    await open_stream(socket, "user/c")
    for name in ("user/b", "user/c"):
        assert (await ask(socket, {"stream": name, "payload": None}))["payload"] == ["alice"]
    await socket.disconnect()


async def test_frames_reach_only_a_stream_that_has_accepted(dial: Dial) -> None:
    class Tight(Multiplexer):
        max_waiting = 2

    Mute.received.clear()
    socket = await dial(Tight.over(ROUTES, prefix="ws/"))
    await socket.send_json_to({"stream": "mute", "event": "open"})
    for _ in range(2):
        await socket.send_json_to({"stream": "mute", "payload": 1})
    assert await error_code(socket, {"stream": "mute", "payload": 1}) == "busy"
    assert Mute.received == []


# Ends of streams


async def test_a_refusal_closes_that_stream_alone(socket: PatientCommunicator) -> None:
    answer = await ask(socket, {"stream": "refusing", "event": "open"})
    payload = {"code": 4403, "reason": "members only"}
    assert answer == {"stream": "refusing", "event": "closed", "payload": payload}
    await open_stream(socket, "echo")


async def test_a_crash_closes_that_stream_alone(
    socket: PatientCommunicator, caplog: pytest.LogCaptureFixture
) -> None:
    await open_stream(socket, "echo")
    await open_stream(socket, "crashing")
    answer = await ask(socket, {"stream": "crashing", "payload": 1})
    assert (answer["event"], answer["payload"]["code"]) == ("closed", 1011)
    assert "ZeroDivisionError" in caplog.text
    assert (await ask(socket, {"stream": "echo", "payload": 1}))["payload"] == {"echo": 1}


async def test_a_consumer_closes_its_own_stream(socket: PatientCommunicator) -> None:
    await open_stream(socket, "closing")
    answer = await ask(socket, {"stream": "closing", "payload": 4404})
    assert answer["payload"] == {"code": 4404, "reason": "as you wish"}
    await open_stream(socket, "closing")


async def test_a_client_closes_a_stream_and_the_consumer_hears_it_once(
    socket: PatientCommunicator,
) -> None:
    Recording.disconnects.clear()
    await open_stream(socket, "recording")
    answer = await ask(socket, {"stream": "recording", "event": "close"})
    assert (answer["event"], answer["payload"]["code"]) == ("closed", 1000)
    assert Recording.disconnects == [1000]


async def test_a_lost_socket_disconnects_every_stream_with_its_code() -> None:
    Recording.disconnects.clear()
    application = Multiplexer.as_asgi(a=Recording.as_asgi(), b=Recording.as_asgi())
    socket = PatientCommunicator(application, "/")
    await socket.connect()
    await socket.disconnect(1006)
    assert Recording.disconnects == [1006, 1006]


async def test_a_consumer_that_will_not_end_is_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = PatientCommunicator(Impatient.over(ROUTES, prefix="ws/"), "/")
    await socket.connect()
    await open_stream(socket, "slow")
    await socket.send_json_to({"stream": "slow", "payload": 1})
    before = asyncio.all_tasks()
    await socket.disconnect()
    assert not [task for task in before if "Stream._run" in repr(task) and not task.done()]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


# Bad frames


@pytest.mark.parametrize("name", ["nope", "echo/", "room", "room/a b", "room/%61", "", "ECHO"])
async def test_a_name_that_no_route_matches_is_unknown(
    socket: PatientCommunicator, name: str
) -> None:
    expected = "unknown_stream" if name else "bad_frame"
    answer = await ask(socket, {"stream": name, "event": "open"})
    assert answer["payload"]["code"] == expected


@pytest.mark.parametrize("frame", [{"payload": 1}, {"event": "close"}])
async def test_frames_to_a_stream_that_is_not_open(
    socket: PatientCommunicator, frame: dict[str, Any]
) -> None:
    assert await error_code(socket, {"stream": "echo", **frame}) == "not_open"
    assert await error_code(socket, {"stream": "nope", **frame}) == "unknown_stream"


async def test_opening_twice_is_an_error_and_the_stream_goes_on(
    socket: PatientCommunicator,
) -> None:
    await open_stream(socket, "echo")
    assert await error_code(socket, {"stream": "echo", "event": "open"}) == "already_open"
    assert (await ask(socket, {"stream": "echo", "payload": 1}))["payload"] == {"echo": 1}


async def test_an_error_names_the_command_that_is_refused(socket: PatientCommunicator) -> None:
    answer = await ask(socket, {"stream": "echo", "payload": {"type": "x", "id": "5"}})
    assert (answer["payload"]["code"], answer["payload"]["ref"]) == ("not_open", "5")


async def test_a_stream_that_still_closes_is_busy(socket: PatientCommunicator) -> None:
    await open_stream(socket, "slow")
    await socket.send_json_to({"stream": "slow", "payload": 1})
    await socket.send_json_to({"stream": "slow", "event": "close"})
    assert await error_code(socket, {"stream": "slow", "event": "open"}) == "busy"


async def test_params_must_be_scalars(socket: PatientCommunicator) -> None:
    frame = {"stream": "echo", "event": "open", "params": {"since": [1]}}
    assert await error_code(socket, frame) == "bad_params"


async def test_a_client_that_asks_whether_the_server_lives_is_answered(
    socket: PatientCommunicator,
) -> None:
    await socket.send_json_to({"event": "ping", "payload": 17})
    assert await socket.receive_json_from() == {"event": "pong", "payload": 17}
    await socket.send_json_to({"event": "ping"})
    assert await socket.receive_json_from() == {"event": "pong", "payload": None}


@pytest.mark.parametrize(
    ("sent", "code"),
    [({"text_data": "{"}, "bad_json"), ({"bytes_data": b"\x00"}, "bad_frame")],
)
async def test_what_is_no_frame_gets_an_error_and_closes_nothing(
    socket: PatientCommunicator, sent: dict[str, Any], code: str
) -> None:
    await socket.send_to(**sent)
    answer = await socket.receive_json_from()
    assert (answer["stream"], answer["event"], answer["payload"]["code"]) == (None, "error", code)
    await open_stream(socket, "echo")


async def test_a_stream_that_is_behind_is_busy_and_its_siblings_are_not(
    impatient_socket: PatientCommunicator,
) -> None:
    socket = impatient_socket
    await open_stream(socket, "slow")
    await open_stream(socket, "echo")
    for _ in range(Multiplexer.max_waiting + 1):
        await socket.send_json_to({"stream": "slow", "payload": 1})
        await asyncio.sleep(0)
    assert await error_code(socket, {"stream": "slow", "payload": 1}) == "busy"
    assert (await ask(socket, {"stream": "echo", "payload": 1}))["payload"] == {"echo": 1}


async def test_a_socket_carries_so_many_streams_and_no_more(dial: Dial) -> None:
    class Two(Multiplexer):
        max_streams = 2

    socket = await dial(Two.over(ROUTES, prefix="ws/"))
    await open_stream(socket, "echo")
    await open_stream(socket, "text")
    assert await error_code(socket, {"stream": "sync", "event": "open"}) == "too_many_streams"


# A dict of applications, as in channelsmultiplexer


async def test_applications_open_with_the_socket(dial: Dial) -> None:
    class Site(Multiplexer):
        applications = {"echo": EchoJson.as_asgi()}

    socket = await dial(Site.as_asgi(text=EchoText.as_asgi()))
    opened = [await socket.receive_json_from() for _ in range(2)]
    assert sorted(frame["stream"] for frame in opened) == ["echo", "text"]
    assert "text" not in Site.applications


async def test_one_that_refuses_does_not_keep_the_socket_from_opening(dial: Dial) -> None:
    socket = await dial(Multiplexer.as_asgi(no=Refusing.as_asgi(), echo=EchoJson.as_asgi()))
    frames = [await socket.receive_json_from() for _ in range(2)]
    events = {frame["stream"]: frame["event"] for frame in frames}
    assert events == {"no": "closed", "echo": "opened"}


async def test_a_refusal_before_the_socket_is_accepted_is_told_after_it(dial: Dial) -> None:
    class Late(EchoJson):
        async def connect(self) -> None:
            await asyncio.sleep(0.1)
            await self.accept()

    socket = await dial(Multiplexer.as_asgi(no=Refusing.as_asgi(), echo=Late.as_asgi()))
    frames = [await socket.receive_json_from() for _ in range(2)]
    assert [(frame["stream"], frame["event"]) for frame in frames] == [
        ("no", "closed"),
        ("echo", "opened"),
    ]


async def test_where_all_refuse_the_socket_is_refused_with_the_code() -> None:
    application = Multiplexer.as_asgi(a=Refusing.as_asgi(), b=Refusing.as_asgi())
    socket = PatientCommunicator(application, "/")
    assert await socket.connect() == (False, 4403)


async def test_the_last_to_close_closes_the_socket_with_its_code() -> None:
    application = Multiplexer.as_asgi(a=Closing.as_asgi(), b=Closing.as_asgi())
    socket = PatientCommunicator(application, "/")
    await socket.connect()
    for _ in range(2):
        assert (await socket.receive_json_from())["event"] == "opened"
    for name, code in [("a", 4001), ("b", 4002)]:
        assert (await ask(socket, {"stream": name, "payload": code}))["event"] == "closed"
    assert await socket.receive_output() == {"type": "websocket.close", "code": 4002}


async def test_one_that_never_answers_does_not_keep_the_socket_open() -> None:
    class Undecided(EchoJson):
        async def connect(self) -> None:
            pass

    application = Multiplexer.as_asgi(a=Closing.as_asgi(), never=Undecided.as_asgi())
    socket = PatientCommunicator(application, "/")
    await socket.connect()
    assert (await socket.receive_json_from())["event"] == "opened"
    assert (await ask(socket, {"stream": "a", "payload": 4001}))["event"] == "closed"
    assert await socket.receive_output() == {"type": "websocket.close", "code": 4001}


async def test_a_message_of_no_type_that_asgi_knows_is_a_crash(dial: Dial) -> None:
    class Misspelt(EchoJson):
        async def receive_json(self, content: Any, **kwargs: Any) -> None:
            await self.base_send({"type": "websocket.sned", "text": "{}"})

    socket = await dial(Multiplexer.as_asgi(misspelt=Misspelt.as_asgi(), echo=EchoJson.as_asgi()))
    for _ in range(2):
        assert (await socket.receive_json_from())["event"] == "opened"
    closed = await ask(socket, {"stream": "misspelt", "payload": 1})
    assert (closed["event"], closed["payload"]["code"]) == ("closed", 1011)


async def test_nothing_is_left_of_a_thousand_sockets() -> None:
    application = Multiplexer.over(ROUTES, prefix="ws/")

    async def open_and_drop() -> int:
        socket = PatientCommunicator(application, "/")
        await socket.connect()
        await open_stream(socket, "echo")
        await socket.disconnect()
        return len(asyncio.all_tasks())

    after_one = await open_and_drop()  # the channel layer keeps a task of its own
    assert {await open_and_drop() for _ in range(999)} == {after_one}
