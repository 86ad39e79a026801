"""The chat as people see it: real browsers, a real server."""

import re

from playwright.async_api import Page, expect

from .conftest import SignIn

ROOM = "/rooms/general/"


async def enter(page: Page) -> None:
    """Go to the room; who is there appears once the page is live."""
    await page.goto(ROOM)
    await expect(page.locator("#people-button")).to_be_visible()


async def say(page: Page, text: str) -> None:
    await page.fill("[name=body]", text)
    await page.press("[name=body]", "Enter")


async def test_two_people_talk_over_the_multiplexed_socket(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    sockets: list[str] = []
    alice.on("websocket", lambda socket: sockets.append(socket.url))
    await enter(alice)
    await enter(bob)
    await say(alice, "Hello Bob, 茶? <b>not bold</b>")
    await expect(bob.locator(".message").last).to_contain_text("Hello Bob, 茶? <b>not bold</b>")
    await say(bob, "Hello Alice!")
    await expect(alice.locator(".message").last).to_contain_text("Hello Alice!")
    await expect(alice.locator("[name=body]")).to_have_value("")
    assert [url.partition("/ws/")[2] for url in sockets] == [""]


async def test_a_reload_shows_what_was_said_once(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await enter(page)
    await say(page, "Said before the reload")
    stored = page.locator(".message:not([data-state])", has_text="Said before the reload")
    await expect(stored).to_have_count(1)
    await enter(page)
    await expect(page.locator(".message", has_text="Said before the reload")).to_have_count(1)


async def test_what_is_typed_offline_is_sent_once_when_back(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    await alice.context.set_offline(True)
    await alice.evaluate("window.dispatchEvent(new Event('offline'))")
    await say(alice, "Written offline")
    await expect(alice.locator("[data-state=pending]")).to_contain_text("Written offline")
    await alice.context.set_offline(False)
    await expect(bob.locator(".message", has_text="Written offline")).to_have_count(1)
    await expect(alice.locator("[data-state=pending]")).to_have_count(0)
    await expect(alice.locator(".message", has_text="Written offline")).to_have_count(1)


async def test_the_workers_result_reaches_the_page_that_asked(sign_in: SignIn) -> None:
    page = await sign_in("carol")
    await enter(page)
    await page.get_by_role("button", name="Statistics").click()
    await expect(page.locator("#statistics dl")).to_be_visible(timeout=10_000)
    await expect(page.locator("#statistics dl")).to_contain_text(re.compile("alice|bob|carol"))


async def test_a_new_room_opens_for_talk(sign_in: SignIn) -> None:
    page = await sign_in("bob")
    await page.goto("/rooms/")
    await page.fill("[name=name]", "A room of Bob's 🍵")
    await page.press("[name=name]", "Enter")
    await expect(page.get_by_role("heading", name="A room of Bob's 🍵").first).to_be_visible()
    await expect(page.get_by_role("button", name="Statistics")).to_be_visible()
    await say(page, "First!")
    await expect(page.locator(".message")).to_have_count(1)
