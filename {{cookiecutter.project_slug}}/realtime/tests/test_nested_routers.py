"""Routers inside routers, as Channels' documentation has them, on sockets and on streams."""

from typing import Any

import pytest
from channels.routing import URLRouter
from django.urls import path, re_path

from realtime.multiplexer import Multiplexer
from realtime.testing import PatientCommunicator
from realtime.types import Application, Receive, Scope, Send

from .consumers import Described

pytestmark = pytest.mark.django_db  # Channels closes old connections around each message


def passing_on(inner: Application) -> Application:
    """A middleware, which hides that there is a router inside."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    return middleware


def named(name: str) -> Application:
    class Named(Described):
        def connect(self) -> None:
            self.accept()
            self.send_json({"name": name, **self.scope["url_route"]["kwargs"]})

    application: Application = Named.as_asgi()
    return application


TEAM = URLRouter(
    [
        path("", named("team")),
        path("board/<slug:board>/", URLRouter([path("card/<int:card>/", named("card"))])),
        re_path(r"^log/(?P<day>\d+)/$", passing_on(named("log")), {"kind": "log"}),
    ]
)
ROUTES = [
    path("ws/team/<int:team>/", TEAM),
    path("ws/team/<int:team>/<slug:rest>/", named("what no inner route takes")),
    re_path(r"^ws/guarded/(?P<key>\w+)/", passing_on(URLRouter([path("in/", named("guarded"))]))),
]


async def on_a_socket(name: str) -> Any:
    socket = PatientCommunicator(URLRouter(ROUTES), f"/ws/{name}/")
    assert (await socket.connect())[0]
    said = await socket.receive_json_from()
    await socket.disconnect()
    return said


async def on_a_stream(name: str) -> Any:
    routes = [path("ws/", Multiplexer.over(ROUTES, prefix="ws/")), *ROUTES]
    socket = PatientCommunicator(URLRouter(routes), "/ws/")
    assert (await socket.connect())[0]
    await socket.send_json_to({"stream": name, "event": "open"})
    assert (await socket.receive_json_from())["event"] == "opened"
    said = (await socket.receive_json_from())["payload"]
    await socket.disconnect()
    return said


@pytest.mark.parametrize("way", [on_a_socket, on_a_stream])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("team/7", {"name": "team", "team": 7}),
        ("team/7/board/plans/card/3", {"name": "card", "team": 7, "board": "plans", "card": 3}),
        ("team/7/log/2026", {"name": "log", "team": 7, "day": "2026", "kind": "log"}),
        ("team/7/other", {"name": "what no inner route takes", "team": 7, "rest": "other"}),
        ("guarded/k/in", {"name": "guarded", "key": "k"}),
    ],
)
async def test_a_nested_route_is_found_with_the_arguments_of_all_its_parts(
    way: Any, name: str, said: dict[str, Any]
) -> None:
    assert await way(name) == said
