"""`make demo`, as somebody who has just cloned the template and has nothing but Python and make."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bake import PARTS, clean_environment, copy_template
from playwright.sync_api import Browser, Page, expect, sync_playwright
from services import free_port, require

OTHER_PARTS = [".gitignore", "Makefile", "pyproject.toml", "tests", "uv.lock"]
SECONDS = 300  # to install uv, the template's packages and the site's, without any cache
CHROMIUM = [
    "--no-sandbox",  # root may not use it, and the pages are our own
    "--disable-background-networking",
    "--disable-component-update",
]


def clone_of_the_working_tree(folder: Path) -> Path:
    origin, clone = folder / "origin", folder / "clone"
    copy_template(origin, [*PARTS, *OTHER_PARTS])
    git = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    for command in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "All"]):
        subprocess.run([*git, *command], cwd=origin, check=True)
    subprocess.run([*git, "clone", "-q", origin, clone], check=True)
    return clone


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which a fresh clone serves it, with an empty home."""
    clone = clone_of_the_working_tree(tmp_path_factory.mktemp("demo"))
    port = str(free_port())
    environment = clean_environment() | {"HOME": str(tmp_path_factory.mktemp("home")), "PORT": port}
    for name in [name for name in environment if name.startswith("UV")]:
        del environment[name]
    with tempfile.NamedTemporaryFile("w+") as log:
        process = subprocess.Popen(
            ["make", "demo"], cwd=clone, env=environment, stdout=log, stderr=log, process_group=0
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_served(url, process, Path(log.name))
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def wait_until_served(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            assert httpx.get(url, follow_redirects=True).is_success
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"`make demo` does not serve {url} after {SECONDS} s:\n{log.read_text()}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    names = ("chromium", "google-chrome", "chromium-browser")
    path = require(*names, package="chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=CHROMIUM)


def sign_in(chromium: Browser, url: str, name: str) -> Page:
    """A page in a browser of its own: nothing is shared with another's."""
    page = chromium.new_context(base_url=url).new_page()
    page.goto("/")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("demo")
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("link", name="General")).to_be_visible()
    return page


def test_two_browsers_exchange_messages_in_the_demo(demo: str, chromium: Browser) -> None:
    alice, bob = sign_in(chromium, demo, "alice"), sign_in(chromium, demo, "bob")
    for page in (alice, bob):
        page.get_by_role("link", name="General").click()
    for sender, receiver, body in ((alice, bob, "Hello Bob!"), (bob, alice, "Hello Alice!")):
        composer = sender.get_by_role("textbox", name="Message")
        composer.fill(body)
        composer.press("Enter")
        expect(receiver.get_by_role("log")).to_contain_text(body)
