"""The server is killed while somebody sends: nothing is lost, nothing comes twice."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, StorageState, expect

from accounts.models import User
from chat.models import Message, Room

from .conftest import SignIn
from .live import HOST, LiveServer, cookie_of, serving
from .test_chat_in_browsers import enter

MESSAGES = 200
OUTAGE = 10  # seconds
PATIENCE = 240_000  # milliseconds: each waits for the answer to the one before
TEXTS = "all => all.map((body) => body.textContent)"
SEND = """(texts) => {
  const form = document.getElementById("composer");
  for (const text of texts) {
    form.elements.namedItem("body").value = text;
    form.requestSubmit();
  }
}"""


@pytest.fixture
def harmless() -> tuple[str, ...]:
    return ("WebSocket connection to", "net::ERR_")


@pytest.fixture
def site(room: Room, tmp_path: Path) -> Iterator[LiveServer]:
    with serving(tmp_path / "site.log", DEBUG="on") as site:
        yield site


@pytest.fixture
def site_url(site: LiveServer) -> str:
    return site.url("")


@pytest.fixture
def sessions(alice: User, bob: User) -> dict[str, StorageState]:
    carol = User.objects.create_user("carol", "carol@example.com")
    return {user.username: session_of(user) for user in (alice, bob, carol)}


def session_of(user: User) -> StorageState:
    name, _, value = cookie_of(user).partition("=")
    cookie = {"name": name, "value": value, "domain": HOST, "path": "/", "expires": -1}
    safe = {"httpOnly": True, "secure": False, "sameSite": "Lax"}
    return {"cookies": [{**cookie, **safe}], "origins": []}  # type: ignore[typeddict-item]


async def send(page: Page, numbers: range) -> None:
    """Quicker than anybody types."""
    await page.evaluate(SEND, [f"no. {number}" for number in numbers])


async def test_of_200_messages_each_arrives_once_and_in_order_though_the_server_is_killed(
    sign_in: SignIn, site: LiveServer, room: Room, tmp_path: Path
) -> None:
    alice, bob, carol = [await sign_in(name) for name in ("alice", "bob", "carol")]
    for page in (alice, bob, carol):
        await enter(page)
    await send(alice, range(100))
    await expect(bob.locator(".message[data-id]")).not_to_have_count(0)
    site.end(signal.SIGKILL)
    await send(alice, range(100, 150))
    await asyncio.sleep(OUTAGE)
    await expect(alice.locator("#connection [data-when=waiting]")).to_be_visible()
    with serving(tmp_path / "again.log", PORT=str(site.port), DEBUG="on"):
        await send(alice, range(150, MESSAGES))
        expected = [f"no. {number}" for number in range(MESSAGES)]
        for page in (alice, bob, carol):
            await expect(page.locator(f".message[data-id='{MESSAGES}']")).to_be_visible(
                timeout=PATIENCE
            )
            assert await page.locator(".message .message-body").evaluate_all(TEXTS) == expected
            await expect(page.locator("[data-state]")).to_have_count(0)
            await expect(page.locator("#connection [data-when=waiting]")).to_be_hidden()
        stored = Message.objects.filter(room=room).order_by("seq").values_list("body", flat=True)
        assert [body async for body in stored] == expected
