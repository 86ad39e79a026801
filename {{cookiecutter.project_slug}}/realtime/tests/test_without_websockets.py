"""The multiplexer over server-sent events and POST."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from channels.layers import get_channel_layer
from django.urls import path

from realtime import posted_command
from realtime.commands import Command, CommandConsumer, CommandError, handles
from realtime.event_stream import EventStream
from realtime.limits import Limits, Rate
from realtime.multiplexer import Multiplexer
from realtime.posted_command import PostedCommand
from realtime.types import Message

from .consumers import Crashing, Described, EchoText, Recording, Refusing, Slow
from .http import HttpClient
from .layers import listened_to

ALIVE = {"event": "pong"}


class Say(Command, tag="say"):
    body: str


class Talk(CommandConsumer):
    """Greets, answers, and tells all who listen what somebody says."""

    async def connect(self) -> None:
        await self.listen("talk")
        await self.accept()
        await self.send_value("welcome")

    @handles(Say)
    async def say(self, command: Say) -> dict[str, object]:
        if not command.body:
            raise CommandError("empty", "Say something.")
        await get_channel_layer().group_send("talk", {"type": "said", "body": command.body})
        return {"heard": command.body}

    async def said(self, event: Message) -> None:
        await self.send_value({"said": event["body"]})


ROUTES = [
    path("ws/talk/", Talk.as_asgi()),
    path("ws/echo/", EchoText.as_asgi()),
    path("ws/room/<slug:room>/", Described.as_asgi()),
    path("ws/refusing/", Refusing.as_asgi()),
    path("ws/crashing/", Crashing.as_asgi()),
    path("ws/recording/", Recording.as_asgi()),
    path("ws/slow/", Slow.as_asgi()),
]
SITE = Multiplexer.over(ROUTES, prefix="ws/")

pytestmark = pytest.mark.django_db  # Channels closes old connections around each message


def events(
    *openings: object, method: str = "GET", consumer: type[EventStream] = EventStream
) -> HttpClient:
    query = urlencode({"open": json.dumps(openings)})
    application = consumer.as_asgi(application=SITE)
    return HttpClient(application, method, f"/ws/events/?{query}")


async def heard(stream: HttpClient) -> Any:
    """The next frame that is more than a sign of life."""
    while (frame := _frame(await stream.read())) == ALIVE:
        pass
    return frame


def _frame(event: str) -> Any:
    """What a browser makes of one event."""
    lines = event.removesuffix("\n\n").split("\n")
    assert all(line.startswith("data: ") for line in lines), event
    return json.loads("\n".join(line.removeprefix("data: ") for line in lines))


def opened(stream: str) -> dict[str, str]:
    return {"stream": stream, "event": "opened"}


async def post(
    body: object, *, site: type[Multiplexer] = Multiplexer, method: str = "POST"
) -> dict[str, Any]:
    application = PostedCommand.as_asgi(application=site.over(ROUTES, prefix="ws/"))
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await HttpClient(application, method, "/ws/commands/", data).get_response()


async def ask(stream: str, body: str, **options: Any) -> Any:
    """Post a command; the frame that answers it."""
    command = {"type": "say", "id": "7", "body": body}
    response = await post({"stream": stream, "payload": command}, **options)
    assert response["status"] == 200, response
    return json.loads(response["body"])


# Events


async def test_streams_say_over_events_what_they_say_over_a_socket() -> None:
    stream = events({"stream": "talk"}, {"stream": "room/x", "params": {"since": 5}})
    start = await stream.open()
    assert (b"Content-Type", b"text/event-stream") in start["headers"]
    frames = [await heard(stream) for _ in range(4)]
    assert frames[0] == opened("talk")
    assert {"stream": "talk", "payload": "welcome"} in frames
    described = {"path": "/ws/room/x/", "query": "since=5", "kwargs": {"room": "x"}}
    assert {"stream": "room/x", "payload": described} in frames
    await get_channel_layer().group_send("talk", {"type": "said", "body": "hi"})
    assert await heard(stream) == {"stream": "talk", "payload": {"said": "hi"}}
    await stream.leave()


async def test_a_stream_that_is_refused_says_why_and_the_others_go_on() -> None:
    stream = events({"stream": "refusing"}, {"stream": "nope"}, {"stream": "talk"})
    await stream.open()
    frames = [await heard(stream) for _ in range(4)]
    closed = {"code": 4403, "reason": "members only"}
    assert {"stream": "refusing", "event": "closed", "payload": closed} in frames
    assert [frame["payload"]["code"] for frame in frames if frame.get("event") == "error"] == [
        "unknown_stream"
    ]
    await stream.leave()


async def test_without_streams_the_connection_shows_at_once_and_then_that_it_lives() -> None:
    class Quick(EventStream):
        heartbeat_seconds = 0.05

    stream = events(consumer=Quick)
    await stream.open()
    assert [_frame(await stream.read()) for _ in range(3)] == [ALIVE] * 3
    await stream.leave()


async def test_json_of_several_lines_arrives_as_it_was() -> None:
    class Poem(EchoText):
        async def connect(self) -> None:
            await self.accept()
            await self.send(text_data='{"verse":\r\n ["tea\u2028", 1]\r}\n')

    site = Multiplexer.over([path("ws/poem/", Poem.as_asgi())], prefix="ws/")
    query = urlencode({"open": '[{"stream": "poem"}]'})
    stream = HttpClient(EventStream.as_asgi(application=site), "GET", f"/?{query}")
    await stream.open()
    assert await heard(stream) == opened("poem")
    payload = {"verse": ["tea\u2028", 1]}
    assert await heard(stream) == {"stream": "poem", "payload": payload}
    await stream.leave()


async def test_a_long_response_ends_so_that_the_next_request_proves_what_was_read() -> None:
    class Short(EventStream):
        response_bytes = 1000

    stream = events({"stream": "talk"}, consumer=Short)
    await stream.open()
    assert await heard(stream) == opened("talk")
    for _ in range(50):
        await get_channel_layer().group_send("talk", {"type": "said", "body": "x" * 100})
    size = 0
    while part := await stream.read():
        size += len(part)
    assert 500 < size < 2000
    await stream.wait()


async def test_nothing_is_left_of_a_client_that_went() -> None:
    layer = get_channel_layer()
    await layer.listen("other", print)  # for which a layer may start tasks of its own
    tasks = asyncio.all_tasks()
    Recording.disconnects.clear()
    for _ in range(5):
        stream = events({"stream": "talk"}, {"stream": "recording"})
        await stream.open()
        frames = [await heard(stream) for _ in range(3)]
        assert opened("recording") in frames
        await stream.leave()
    assert Recording.disconnects == [1000] * 5
    assert len(listened_to(layer)) == 1
    assert asyncio.all_tasks() <= tasks


@pytest.mark.parametrize(
    "query", ["open=", "open={}", "open=[1]", "open=[[", 'open=[{"stream":5}]', "open=[]&open=[]"]
)
async def test_a_list_of_streams_that_is_none_is_refused(query: str) -> None:
    client = HttpClient(EventStream.as_asgi(application=SITE), "GET", f"/ws/events/?{query}")
    expected = 200 if query == "open=" else 400  # which parse_qs takes for nothing at all
    assert (await client.open())["status"] == expected
    await client.leave()


async def test_a_get_carries_no_command() -> None:
    payload = {"type": "say", "id": "7", "body": "hi"}
    stream = events({"stream": "talk", "payload": payload})
    await stream.open()
    frames = [await heard(stream) for _ in range(2)]
    assert frames == [opened("talk"), {"stream": "talk", "payload": "welcome"}]
    assert await stream.receive_nothing()
    await stream.leave()


async def test_events_are_got_and_commands_are_posted() -> None:
    assert (await events(method="POST").open())["status"] == 405
    assert (await post({}, method="GET"))["status"] == 405


# Commands


async def test_a_command_is_carried_out_and_its_reply_is_the_answer() -> None:
    stream = events({"stream": "talk"})
    await stream.open()
    frames = [await heard(stream) for _ in range(2)]
    assert frames == [opened("talk"), {"stream": "talk", "payload": "welcome"}]
    reply = {"type": "ok", "ref": "7", "heard": "hi"}
    assert await ask("talk", "hi") == {"stream": "talk", "payload": reply}
    assert await heard(stream) == {"stream": "talk", "payload": {"said": "hi"}}
    await stream.leave()


async def test_an_error_reply_is_the_answer_too() -> None:
    error = {"type": "error", "ref": "7", "code": "empty", "message": "Say something."}
    assert await ask("talk", "") == {"stream": "talk", "payload": error}


async def test_a_stream_that_refuses_or_crashes_answers_by_its_close() -> None:
    assert (await ask("refusing", "hi"))["payload"] == {"code": 4403, "reason": "members only"}
    assert (await ask("crashing", "hi"))["payload"]["code"] == 1011


async def test_a_stream_that_does_not_exist_answers_with_an_error_that_names_the_command() -> None:
    answer = await ask("nope", "hi")
    assert (answer["event"], answer["payload"]["code"]) == ("error", "unknown_stream")
    assert answer["payload"]["ref"] == "7"


async def test_the_limits_of_a_socket_hold_for_each_command_and_for_all_of_a_user() -> None:
    class Small(Multiplexer):
        limits = Limits(frame_bytes=100)

    class Few(Multiplexer):
        limits = Limits(frames=Rate(per_second=0.001, burst=1))

    assert (await ask("talk", "x" * 100, site=Small))["payload"]["code"] == "too_large"
    assert (await ask("talk", "hi", site=Few))["payload"]["code"] == "rate_limited"


async def test_who_has_too_many_sockets_is_told_when_to_come_back() -> None:
    class Full(Multiplexer):
        limits = Limits(user_sockets=0)

    response = await post({"stream": "talk", "payload": {"type": "say", "id": "7"}}, site=Full)
    assert response["status"] == 429
    assert (b"Retry-After", b"30") in response["headers"]


async def test_a_command_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posted_command, "ANSWER_SECONDS", 0.05)

    class Hurried(Multiplexer):
        application_close_timeout = 0.05

    body = {"stream": "slow", "payload": {"type": "say", "id": "7", "body": ""}}
    assert (await post(body, site=Hurried))["status"] == 503


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        {"stream": "talk"},
        {"stream": "talk", "payload": "text"},
        {"stream": "talk", "payload": {"type": "say", "body": "no id"}},
        {"stream": "talk", "event": "close", "payload": {"id": "7"}},
    ],
)
async def test_what_is_no_command_with_an_id_is_refused(body: object) -> None:
    assert (await post(body))["status"] == 400


async def test_a_body_that_is_far_too_large_is_not_read_to_its_end() -> None:
    assert (await post(b" " * 300_000))["status"] == 413


async def test_a_payload_that_only_looks_like_an_answer_is_none() -> None:
    class Odd(EchoText):
        async def receive(
            self, text_data: str | None = None, bytes_data: bytes | None = None
        ) -> None:
            for text in ('"7"', '["ref", "7"]', '{"ref": 7}', "no JSON", '{"ref": "7"}'):
                await self.send(text_data=text)

    site = Multiplexer.over([path("ws/odd/", Odd.as_asgi())], prefix="ws/")
    body = json.dumps({"stream": "odd", "payload": {"id": "7"}}).encode()
    application = PostedCommand.as_asgi(application=site)
    response = await HttpClient(application, "POST", "/ws/commands/", body).get_response()
    assert json.loads(response["body"]) == {"stream": "odd", "payload": {"ref": "7"}}
