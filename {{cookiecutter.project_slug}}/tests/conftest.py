"""The whole site as a process of its own, and browsers that look at it."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from playwright.async_api import ConsoleMessage, Page, StorageState, async_playwright, expect

from .live import wait_for
from .programs import free_port, require

CHROMIUM_OPTIONS = [
    "--no-sandbox",  # which is not to be had as root, as in most CI
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]

expect.set_options(timeout=30_000)  # milliseconds, on a busy machine

type SignIn = Callable[..., Awaitable[Page]]


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """The URL of a new database: a file, or one beside that of DATABASE_URL."""
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
        yield f"sqlite:///{folder / 'browser.sqlite3'}"
        return
    url = os.environ["DATABASE_URL"]
    name = f"browser_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{url.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def process(*arguments: str, cwd: Path, env: dict[str, str]) -> Iterator[None]:
    """`manage.py` with these arguments, until the end of the block."""
    running = subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=cwd, env=env)
    try:
        yield
    finally:
        running.terminate()
        running.wait(15)


@contextmanager
def site_for_browsers(site_folder: Path, folder: Path, *filling: str) -> Iterator[str]:
    """Serve the site with what the `filling` commands make, and with a worker if it needs one."""
    port = free_port()
    with ExitStack() as stack:
        url = stack.enter_context(database(folder))
        media = str(folder / "media")
        env = {**os.environ, "DATABASE_URL": url, "DEBUG": "on", "MEDIA_ROOT": media}
        for command in ("migrate", *filling):
            arguments = [sys.executable, "manage.py", *command.split()]
            subprocess.run(arguments, cwd=site_folder, env=env, check=True)
        serve = ("runserver", "--noreload", f"127.0.0.1:{port}")
        stack.enter_context(process(*serve, cwd=site_folder, env=env))
        if settings.REDIS_URL:
            stack.enter_context(process("runworker", cwd=site_folder, env=env))
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/healthz")
        yield address


@pytest.fixture(scope="session")
def site_url(site_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site with its sample data."""
    folder = tmp_path_factory.mktemp("browser")
    with site_for_browsers(site_folder, folder, "sample_data") as address:
        yield address


@pytest.fixture(scope="session")
def sessions() -> dict[str, StorageState]:
    """The cookies of everybody who has signed in, since passwords are slow to check."""
    return {}


@pytest.fixture
def harmless() -> tuple[str, ...]:
    """What may stand in an error of a browser's console. Tests that cut connections add to it."""
    return ("ERR_INTERNET_DISCONNECTED",)  # for each attempt to connect while a test is offline


@pytest.fixture
async def sign_in(
    site_url: str, sessions: dict[str, StorageState], harmless: tuple[str, ...]
) -> AsyncIterator[SignIn]:
    """A browser of one's own: `page = await sign_in("alice")`. Errors in its console fail.

    Options are those of Playwright's `new_context`, such as `java_script_enabled=False`.
    """
    hint = "on Debian, apt-get install chromium"
    chromium = require("chromium", "chromium-browser", "google-chrome", hint=hint)
    problems: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)

        def note(message: ConsoleMessage) -> None:
            if message.type == "error" and not any(part in message.text for part in harmless):
                problems.append(message.text)

        async def sign_in(name: str, **options: Any) -> Page:
            context = await browser.new_context(
                base_url=site_url,
                storage_state=sessions.get(name),
                **{"locale": "en-US", **options},  # English, whichever the site's language is
            )
            page = await context.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", note)
            await page.goto("/")
            if name in sessions:
                return page
            login = f"{name}@example.com" if settings.SIGN_IN_BY == "email" else name
            await page.fill("[name=login]", login)
            await page.fill("[name=password]", "demo")
            await page.press("[name=password]", "Enter")
            await expect(page).to_have_url(re.compile(f"{re.escape(site_url)}/rooms/"))
            sessions[name] = await context.storage_state()
            return page

        yield sign_in
        await browser.close()
    assert not problems
