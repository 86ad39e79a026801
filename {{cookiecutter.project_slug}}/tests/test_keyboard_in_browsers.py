"""The whole way through the chat without a mouse: only keys that everybody has."""

import re

import pytest
from django.conf import settings
from playwright.async_api import Page, expect

from .conftest import SignIn
from .test_chat_in_browsers import ROOM
from .test_messages_in_browsers import STORED, message

FOCUSED = "(selector) => document.activeElement.matches(selector)"


async def reach(page: Page, selector: str, key: str = "Tab") -> None:
    """Press a key until what is sought has the focus."""
    for _ in range(80):
        await page.keyboard.press(key)
        if await page.evaluate(FOCUSED, selector):
            return
    pytest.fail(f"{key} does not lead to {selector}.")


async def reach_own_last_message(page: Page) -> None:
    await reach(page, "#content", "Shift+Tab")
    await page.keyboard.press("End")
    await expect(page.locator(".message.own:focus")).to_be_visible()


async def write(page: Page, text: str) -> None:
    await expect(page.locator("[name=body]")).to_be_focused()
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await expect(message(page, text).last).to_have_attribute("data-id", STORED)


async def test_one_signs_in_and_goes_into_a_room(sign_in: SignIn) -> None:
    page = await sign_in("bob")
    await page.context.clear_cookies()
    await page.goto("/accounts/login/")
    await reach(page, "[name=login]")
    await page.keyboard.type("bob@example.com" if settings.SIGN_IN_BY == "email" else "bob")
    await reach(page, "[name=password]")
    await page.keyboard.type("demo")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/rooms/"))
    await page.goto("/rooms/")
    await reach(page, f"#room-list a[href='{ROOM}']")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"{ROOM}$"))
    await write(page, "Signed in by keys")


async def test_one_replies_and_deletes(sign_in: SignIn) -> None:
    page = await sign_in("carol")
    await page.goto(ROOM)
    await write(page, "Asked by keys")
    await reach_own_last_message(page)
    await reach(page, "#message-actions [data-action=reply]")
    await page.keyboard.press("Enter")
    await write(page, "Answered by keys")
    answer = message(page, "Answered by keys")
    await expect(answer.locator(".message-quote")).to_contain_text("Asked by keys")
    number = await answer.get_attribute("data-id")
    await reach_own_last_message(page)
    await reach(page, "#more-button")
    await page.keyboard.press("Enter")
    await reach(page, "#message-menu [data-action=delete]")
    await page.keyboard.press("Enter")
    await expect(page.locator("#delete-dialog [value=cancel]")).to_be_focused()
    await reach(page, "#delete-dialog [value=delete]")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"[data-id='{number}']")).to_have_class(re.compile("deleted"))


async def test_one_looks_who_is_there_and_goes_to_another_room(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await page.goto(ROOM)
    people = page.locator("#people-button")
    await expect(people).to_be_visible()
    await reach(page, "#people-button", "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#people")).to_contain_text("alice")
    await page.keyboard.press("Escape")
    await expect(page.locator("#people")).to_be_hidden()
    await expect(people).to_be_focused()
    await reach(page, "#sidebar-rooms a[href='/rooms/random/']", "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/rooms/random/$"))
    await expect(page.locator("[name=body]")).to_be_focused()
