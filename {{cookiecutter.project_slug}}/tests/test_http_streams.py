"""The chat over plain HTTP, from the server that serves it in production."""

import json
import re
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from django.conf import settings

from chat.sse import RESPONSE_BYTES

PATIENCE = 30


class Visitor:
    """Somebody who is signed in, without a browser."""

    def __init__(self, site_url: str) -> None:
        self._url = site_url
        self._cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))
        login = "alice@example.com" if settings.SIGN_IN_BY == "email" else "alice"
        self.post("/accounts/login/", login=login, password="demo")

    def get(self, path: str, **headers: str) -> HTTPResponse:
        request = Request(self._url + path, headers=headers)
        response: HTTPResponse = self._opener.open(request, timeout=PATIENCE)
        return response

    def post(self, path: str, **fields: str) -> None:
        if "csrftoken" not in self.cookies:
            self.get(path).close()
        data = urlencode({**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]}).encode()
        headers = {"Referer": self._url}
        self._opener.open(Request(self._url + path, data, headers), timeout=PATIENCE).close()

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self._cookies}

    def request_bytes(self, path: str) -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        host = urlsplit(self._url).netloc
        return f"GET {path} HTTP/1.0\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n".encode()


@pytest.fixture(scope="module")
def alice(site_url: str) -> Visitor:
    """Has made a room for each of these tests."""
    alice = Visitor(site_url)
    for name in ("Streamed", "Polled", "Unread"):
        alice.post("/rooms/", name=name)
    return alice


def data_of(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def test_events_stream_and_go_on_where_they_broke_off(alice: Visitor) -> None:
    with alice.get("/rooms/streamed/events/") as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        events = data_of(response)
        start = next(events)
        assert start == {"type": "room.joined", "seq": 0, "recovered": True}
        alice.post("/rooms/streamed/", body="by event")
        event = next(events)
    assert (event["body"], event["seq"]) == ("by event", 1)
    alice.post("/rooms/streamed/", body="meanwhile")
    with alice.get("/rooms/streamed/events/", **{"Last-Event-ID": "1"}) as response:
        missed = data_of(response)
        assert next(missed)["body"] == "meanwhile"
        assert next(missed) == {**start, "seq": 2}


def test_a_poll_answers_what_is_said_after_it_was_asked(site_url: str, alice: Visitor) -> None:
    with alice.get("/rooms/polled/poll/") as response:
        assert json.load(response) == {"events": [], "seq": 0, "recovered": True}
    address = urlsplit(site_url)
    with socket.create_connection((address.hostname, address.port), PATIENCE) as poll:
        poll.sendall(alice.request_bytes("/rooms/polled/poll/?since=0"))
        alice.post("/rooms/polled/", body="by poll")
        answer = poll.makefile("rb").read()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0]
    [event] = json.loads(body)["events"]
    assert (event["body"], event["seq"]) == ("by poll", 1)


def test_a_client_that_does_not_read_is_ended_and_gets_the_rest_when_it_comes_back(
    site_url: str, alice: Visitor
) -> None:
    texts = [f"{number} {'🍵' * 9000}" for number in range(50)]
    assert sum(len(text.encode()) for text in texts) > 1.5 * RESPONSE_BYTES
    address = urlsplit(site_url)
    with socket.create_connection((address.hostname, address.port), PATIENCE) as idle:
        idle.sendall(alice.request_bytes("/rooms/unread/events/?since=0"))
        for text in texts:
            alice.post("/rooms/unread/", body=text)
        response = idle.makefile("rb").read()
    assert RESPONSE_BYTES <= len(response) < 1.1 * RESPONSE_BYTES
    read = [event for event in data_of(iter(response.splitlines())) if "body" in event]
    last = re.findall(rb"^id: (\d+)$", response, re.MULTILINE)[-1].decode()
    assert last == str(read[-1]["seq"])
    with alice.get("/rooms/unread/events/", **{"Last-Event-ID": last}) as rest:
        for event in data_of(rest):
            if event["type"] == "room.joined":
                break
            read.append(event)
    assert [event["body"] for event in read] == texts
