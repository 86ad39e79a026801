import asyncio
import os
import socket
import sys
import urllib.request
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

SECONDS = 30


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
async def daphne(site_folder: Path, port: int) -> AsyncIterator[Process]:
    options = ["--port", str(port), "--application-close-timeout", "1"]
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "daphne", *options, "realtime.tests.failing_site:application"],
        cwd=site_folder,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=PIPE,
    )
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                await asyncio.sleep(0.05)
    yield process
    process.kill()
    await process.communicate()


async def test_daphne_cleans_up_after_others_when_a_response_failed_midway(
    daphne: Process, port: int
) -> None:
    url = f"http://127.0.0.1:{port}/fails/"
    response = await asyncio.to_thread(urllib.request.urlopen, url, timeout=SECONDS)
    with response:
        assert response.read() == b"half an answer"
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /never-ends/ HTTP/1.0\r\n\r\n")
    assert daphne.stdout is not None
    async with asyncio.timeout(SECONDS):
        while (line := await daphne.stdout.readline()) != b"cleaned up\n":
            assert line, "Daphne has ended"
