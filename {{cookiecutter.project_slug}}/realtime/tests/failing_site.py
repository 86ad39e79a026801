"""An application for a Daphne of the tests' own: what fails, and what does not end by itself."""

import asyncio

import django
from channels.routing import URLRouter
from django.urls import path

django.setup()  # before what needs the apps

from realtime.http import HttpConsumer  # noqa: E402
from realtime.types import Application, Receive, Scope, Send  # noqa: E402


class FailsMidway(HttpConsumer):
    async def handle(self, body: bytes) -> None:
        await self.send_headers()
        await self.send_body(b"half an answer", more_body=True)
        raise ZeroDivisionError


async def hang(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        print("cleaned up", flush=True)


never_ends: Application = hang
application = URLRouter([path("fails/", FailsMidway.as_asgi()), path("never-ends/", never_ends)])
