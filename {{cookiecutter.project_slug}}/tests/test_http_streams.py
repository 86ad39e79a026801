"""The chat over plain HTTP, from the servers that serve it in production."""

import json
import re
import socket
from collections.abc import Iterable, Iterator
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from channels.layers import channel_layers

from accounts.models import User
from chat import services
from chat.models import Room
from chat.sse import RESPONSE_BYTES
from realtime.layers import PubSubLayer
from realtime.tests.redis import PrivateRedis

from .live import HOST, LiveServer, cookie_of, serving

PATIENCE = 30  # seconds
EVENTS = "/rooms/general/events/"
TEST_APPLICATION = "tests.faults.asgi:application"  # in which a room ends with its test


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRedis]:
    redis = PrivateRedis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.kill()


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    redis: PrivateRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveServer]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(log, request.param, TEST_APPLICATION, REDIS_URL=redis.url) as server:
        yield server


@pytest.fixture(autouse=True)
def layer(fresh_channel_layers: None, redis: PrivateRedis) -> None:
    """So that the server hears what a test publishes."""
    channel_layers.set("default", PubSubLayer(hosts=[redis.url]))


@pytest.fixture
def cookie(alice: User, room: Room) -> str:
    return cookie_of(alice)


def get(server: LiveServer, path: str, cookie: str, **headers: str) -> HTTPResponse:
    request = Request(server.url(path), headers={**headers, "Cookie": cookie})
    response: HTTPResponse = urlopen(request, timeout=PATIENCE)
    return response


def unread(server: LiveServer, path: str, cookie: str) -> socket.socket:
    """A connection that has sent a request."""
    connection = socket.create_connection((HOST, server.port), PATIENCE)
    head = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def events_in(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith(b"data: ") and b'"type":"presence.' not in line:
            yield json.loads(line.removeprefix(b"data: "))


def joined(room: Room, seq: int) -> dict[str, object]:
    return {"type": "room.joined", "seq": seq, "epoch": room.epoch, "recovered": True}


def test_events_stream_and_go_on_where_they_broke_off(
    server: LiveServer, cookie: str, alice: User, room: Room
) -> None:
    with get(server, EVENTS, cookie) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        events = events_in(response)
        assert next(events) == joined(room, 0)
        services.message_send(author=alice, room=room, body="heard")
        assert next(events)["body"] == "heard"
    services.message_send(author=alice, room=room, body="missed")
    with get(server, EVENTS, cookie, **{"Last-Event-ID": "1"}) as response:
        events = events_in(response)
        assert next(events)["body"] == "missed"
        assert next(events) == joined(room, 2)


def test_what_is_posted_is_heard_by_who_has_no_websocket(server: LiveServer, cookie: str) -> None:
    streams = urlencode({"open": json.dumps([{"stream": "chat/general"}])})
    command = {"type": "message.send", "id": "1", "client_id": str(uuid4()), "body": "posted"}
    body = json.dumps({"stream": "chat/general", "payload": command}).encode()
    headers = {"Cookie": cookie, "Origin": server.url("")}
    with get(server, f"/ws/events/?{streams}", cookie) as response:
        payloads = (frame.get("payload", {}) for frame in events_in(response))
        assert next(payload for payload in payloads if payload.get("type") == "room.joined")
        request = Request(server.url("/ws/commands/"), body, headers)
        with urlopen(request, timeout=PATIENCE) as answer:
            assert json.load(answer)["payload"] == {"type": "ok", "ref": "1", "seq": 1}
        heard = next(payload for payload in payloads if payload.get("type") == "message.created")
    assert (heard["seq"], heard["body"]) == (1, "posted")


def test_a_poll_is_answered_by_what_is_said_next(
    server: LiveServer, cookie: str, alice: User, room: Room
) -> None:
    with get(server, "/rooms/general/poll/", cookie) as response:
        answer = json.load(response)
    assert answer == {"events": [], "seq": 0, "epoch": room.epoch, "recovered": True}
    with unread(server, "/rooms/general/poll/?since=0", cookie) as poll:
        services.message_send(author=alice, room=room, body="said")
        head, _, body = poll.makefile("rb").read().partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0]
    assert b'"body":"said"' in body


def test_who_does_not_read_is_ended_and_gets_the_rest_on_coming_back(
    server: LiveServer, cookie: str, alice: User, room: Room
) -> None:
    texts = [f"{number} {'🍵' * 9000}" for number in range(50)]
    assert sum(len(text.encode()) for text in texts) > 1.5 * RESPONSE_BYTES
    with unread(server, f"{EVENTS}?since=0", cookie) as idle:
        for text in texts:
            services.message_send(author=alice, room=room, body=text)
        response = idle.makefile("rb").read()
    assert len(response) < 1.1 * RESPONSE_BYTES
    last = re.findall(rb"^id: (\S+)\r?$", response, re.MULTILINE)[-1].decode()
    missed = texts[int(last.partition(".")[0]) :]
    with get(server, EVENTS, cookie, **{"Last-Event-ID": last}) as rest:
        events = events_in(rest)
        bodies = [next(events)["body"] for _ in missed]
    assert bodies == missed
    assert 0 < len(bodies) < len(texts)
