"""A browser whose network lets no WebSocket through, in a room with one whose network does."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from .conftest import SignIn
from .narrow_network import NarrowNetwork

ROOM = "/rooms/general/"


@pytest.fixture
def harmless() -> tuple[str, ...]:
    return ("WebSocket connection to", "net::ERR_")


@pytest.fixture
async def network(site_url: str) -> AsyncIterator[NarrowNetwork]:
    async with NarrowNetwork(site_url) as network:
        yield network


async def say(page: Page, text: str) -> None:
    await page.fill("[name=body]", text)
    await page.press("[name=body]", "Enter")


async def expect_once(text: str, *pages: Page) -> None:
    for page in pages:
        await expect(page.locator(".message[data-id]", has_text=text)).to_have_count(1)
        await expect(page.locator("[data-state]", has_text=text)).to_have_count(0)


async def numbers(page: Page) -> list[list[str]]:
    """Each message's number and text, as the page has them."""
    script = "all => all.map(one => [one.dataset.id, one.querySelector('.message-body').innerText])"
    found: list[list[str]] = await page.locator(".message[data-id]").evaluate_all(script)
    return found[-20:]


async def test_both_talk_and_edit_and_see_the_same(sign_in: SignIn, network: NarrowNetwork) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await alice.goto(network.url + ROOM)
    await bob.goto(ROOM)
    await say(alice, "Without a WebSocket")
    await expect_once("Without a WebSocket", alice, bob)
    await say(bob, "With a WebSocket")
    await expect_once("With a WebSocket", alice, bob)
    await alice.press("[name=body]", "ArrowUp")
    await say(alice, "Edited without a WebSocket")
    await expect_once("Edited without a WebSocket", alice, bob)
    await say(bob, "The last word")
    await expect_once("The last word", alice, bob)
    assert await numbers(alice) == await numbers(bob)
    assert network.cut >= 2


async def test_what_happens_while_the_network_is_away_comes_once_and_in_order(
    sign_in: SignIn, network: NarrowNetwork
) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await alice.goto(network.url + ROOM)
    await bob.goto(ROOM)
    await say(alice, "Before it goes")
    await expect_once("Before it goes", alice, bob)
    await network.go()
    await say(bob, "Said meanwhile by Bob")
    await expect_once("Said meanwhile by Bob", bob)
    for number in range(5):
        await say(alice, f"Written meanwhile, no. {number}")
    await expect(alice.locator("[data-state=pending]")).to_have_count(5)
    await network.come_back()
    for number in range(5):
        await expect_once(f"Written meanwhile, no. {number}", alice, bob)
    await expect_once("Said meanwhile by Bob", alice)
    of_alice = await numbers(alice)
    assert of_alice == await numbers(bob)
    assert [text for _, text in of_alice[-5:]] == [
        f"Written meanwhile, no. {number}" for number in range(5)
    ]


async def test_much_that_is_said_at_once_arrives_in_its_order(
    sign_in: SignIn, network: NarrowNetwork
) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await alice.goto(f"{network.url}{ROOM}?transport=events")
    await bob.goto(ROOM)
    await say(alice, "Ready for much")
    await expect_once("Ready for much", alice, bob)
    for number in range(20):
        await say(alice, f"Much, no. {number:02}")
    for number in range(20):
        await expect_once(f"Much, no. {number:02}", alice, bob)
    texts = [text for _, text in await numbers(bob)]
    assert texts == [f"Much, no. {number:02}" for number in range(20)]
    assert network.cut == 0


async def test_a_websocket_is_taken_back_as_soon_as_one_gets_through(
    sign_in: SignIn, network: NarrowNetwork
) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await alice.goto(network.url + ROOM)
    await bob.goto(ROOM)
    await say(alice, "Over events")
    await expect_once("Over events", alice, bob)
    network.websockets = True
    async with alice.expect_websocket() as taken:
        await alice.evaluate("dispatchEvent(new Event('online'))")
    socket = await taken.value
    await socket.wait_for_event("framereceived", lambda text: '"room.joined"' in text)
    posts: list[str] = []
    alice.on("request", lambda request: posts.append(request.url))
    await say(alice, "Over a WebSocket again")
    await say(bob, "Welcome back")
    await expect_once("Over a WebSocket again", alice, bob)
    await expect_once("Welcome back", alice, bob)
    assert await numbers(alice) == await numbers(bob)
    assert not [url for url in posts if "/ws/" in url]
