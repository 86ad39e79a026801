"""Row 16: no client decides what the site's URLs begin with."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from chat.models import Room
from tests.clients import RawSocket
from tests.live import HOST, LiveServer, cookie_of, serving

HEADER = {"Daphne-Root-Path": "/elsewhere"}


@pytest.fixture(scope="module")
def site(django_db_setup: None, folder: Path) -> Iterator[LiveServer]:
    """As in production, without the consumers of asgi.py around it."""
    with serving(folder / "root_path.log") as site:
        yield site


@pytest.mark.parametrize("path", ["/", "/rooms/general/"])
def test_a_root_path_from_a_client_changes_no_url(site: LiveServer, room: Room, path: str) -> None:
    answers = []
    for headers in ({}, HEADER):
        connection = http.client.HTTPConnection(HOST, site.port, timeout=20)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        answers.append((response.status, response.headers["Location"]))
        connection.close()
    assert answers[0][0] == 302
    assert answers[0] == answers[1]


def test_a_root_path_from_a_client_keeps_no_socket_from_its_consumer(
    site: LiveServer, room: Room, alice: User
) -> None:
    headers = {"Cookie": cookie_of(alice), **HEADER}
    with RawSocket(site, "/ws/chat/general/", headers) as own:
        assert b"room.joined" in own.read_until(b"recovered")
    with RawSocket(site, "/ws/", headers) as multiplexed:
        multiplexed.send({"stream": "chat/general", "event": "open"})
        assert b"room.joined" in multiplexed.read_until(b"recovered")
