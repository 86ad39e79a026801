"""Rooms and the people in them, as people see them: real browsers, a real server."""

import re

from playwright.async_api import Locator, Page, expect

from .conftest import SignIn

PATIENCE = 15_000  # milliseconds, on a busy machine


async def say(page: Page, text: str) -> None:
    await page.fill("[name=body]", text)
    await page.press("[name=body]", "Enter")
    await expect(page.locator(".message:not([data-state])", has_text=text)).to_be_visible()


async def create_room(page: Page, name: str, kind: str = "Open") -> str:
    """Returns its address."""
    await page.goto("/rooms/")
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("radio", name=kind).check()
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return page.url


async def invite(page: Page, room: str) -> str:
    """Returns a link into a private room."""
    await page.goto(f"{room}settings/")
    await page.get_by_role("button", name="Create a link").click()
    return await page.get_by_label("Link").input_value()


async def join(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_role("button", name="Join").click()
    await expect(page.locator("[name=body]")).to_be_editable()


def badge(page: Page, room: str) -> Locator:
    return page.locator(f"#sidebar-rooms [data-room='{slug(room)}'] .unread")


def slug(room: str) -> str:
    return room.rstrip("/").rpartition("/")[2]


async def test_the_first_visit_shows_a_room_with_life_in_it(sign_in: SignIn) -> None:
    page = await sign_in("carol")
    await page.context.clear_cookies(name="room")
    await page.goto("/")
    await expect(page).to_have_url(re.compile(r"/rooms/[\w-]+/$"))
    await expect(page.locator(".message").first).to_be_visible()
    await page.get_by_role("link", name="All rooms").click()
    await expect(page.locator(".room-list .room-last:visible").first).to_be_visible()


async def test_somebody_is_invited_by_a_link_and_removed_again_which_closes_their_room_at_once(
    sign_in: SignIn,
) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    room = await create_room(alice, "Quiet corner", "Private")
    assert (await bob.request.get(room)).status == 404
    link = await invite(alice, room)
    await bob.goto(link)
    await expect(bob.get_by_role("heading", name="Quiet corner")).to_be_visible()
    await join(bob, link)
    await say(bob, "Thank you for having me")
    await alice.reload()
    await alice.get_by_role("button", name="Remove bob").click()
    await expect(alice.get_by_role("button", name="Remove bob")).to_have_count(0)
    await expect(bob.get_by_text("You were removed from this room.")).to_be_visible()
    await expect(bob.locator("[name=body]")).not_to_be_editable()
    gone = bob.locator(f"#sidebar-rooms [data-room='{slug(room)}']")
    await expect(gone).to_have_count(0, timeout=PATIENCE)
    assert (await bob.request.get(room)).status == 404


async def test_a_link_is_copied_and_taken_back(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = await invite(alice, await create_room(alice, "Fickle", "Private"))
    await alice.get_by_role("button", name="Copy").click()
    await expect(alice.get_by_text("The link was copied.")).to_be_attached()
    assert await alice.evaluate("navigator.clipboard.readText()") == link
    await alice.get_by_role("button", name="Take back").click()
    await expect(alice.get_by_label("Link")).to_have_count(0)
    answer = await bob.request.get(link, headers={"accept-language": "en"})
    assert answer.status == 404
    assert "not valid any more" in await answer.text()


async def test_what_is_unread_is_counted_in_all_tabs_until_it_is_read_in_one(
    sign_in: SignIn,
) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    room = await create_room(alice, "Busy")
    await bob.goto(room)  # and so becomes a member
    await bob.goto("/rooms/general/")
    other = await bob.context.new_page()
    await other.goto("/rooms/")
    for tab in (bob, other):
        await expect(badge(tab, room)).to_be_hidden()
    await say(alice, "one")
    await say(alice, "two")
    for tab in (bob, other):
        count = badge(tab, room).locator("[data-count]")
        await expect(count).to_have_text("2", timeout=PATIENCE)
        await expect(tab).to_have_title(re.compile(r"^\(\d+\+?\) "))
    first = other.locator("#room-list li").first
    await expect(first).to_contain_text("Busy")
    await expect(first).to_contain_text("two")
    await bob.bring_to_front()
    await bob.locator("#sidebar-rooms").get_by_role("link", name="Busy").click()
    await expect(bob.locator(".message", has_text="two")).to_be_visible()
    for tab in (bob, other):
        await expect(badge(tab, room)).to_be_hidden(timeout=PATIENCE)


async def test_who_is_mentioned_elsewhere_sees_a_notice_that_leads_there(sign_in: SignIn) -> None:
    alice, carol = await sign_in("alice"), await sign_in("carol")
    room = await create_room(alice, "Mentions")
    await carol.goto("/rooms/general/")
    await expect(carol.get_by_role("button", name="Statistics")).to_be_visible()
    await expect(carol.locator(f"#sidebar-rooms [data-room='{slug(room)}']")).to_have_count(1)
    await say(alice, "Tea, @carol?")
    notice = carol.locator(".toasts .toast")
    await expect(notice).to_contain_text("alice mentioned you in Mentions")
    await notice.get_by_role("link").click()
    await expect(carol.locator(".message", has_text="Tea, @carol?")).to_be_visible()


async def test_two_people_talk_in_a_room_of_their_own(sign_in: SignIn) -> None:
    bob, carol = await sign_in("bob"), await sign_in("carol")
    await carol.goto("/rooms/general/")
    await bob.goto("/people/")
    await bob.get_by_role("button", name="Message carol").click()
    await expect(bob.get_by_role("heading", name="carol", exact=True, level=1)).to_be_visible()
    await say(bob, "Between us")
    direct = carol.locator("#sidebar-rooms").get_by_role("link", name=re.compile("^bob"))
    await expect(direct).to_be_visible(timeout=PATIENCE)
    await direct.click()
    await expect(carol.get_by_role("heading", name="bob", exact=True, level=1)).to_be_visible()
    await expect(carol.locator(".message", has_text="Between us")).to_be_visible()


async def test_a_room_is_created_and_named_by_the_keyboard_alone(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await page.goto("/rooms/")
    await page.get_by_label("Name").focus()
    await page.keyboard.type("By keys")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="Private")).to_be_checked()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="By keys", level=1)).to_be_visible()
    await page.get_by_role("link", name="Settings").focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("Topic").focus()
    await page.keyboard.type("Keys and nothing else")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.get_by_label("Topic")).to_have_value("Keys and nothing else")


async def test_without_javascript_rooms_are_created_named_and_left(sign_in: SignIn) -> None:
    page = await sign_in("bob", java_script_enabled=False)
    room = await create_room(page, "By forms", "Private")
    await page.goto(f"{room}settings/")
    await page.get_by_label("Name").fill("By forms alone")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="By forms alone", level=1)).to_be_visible()
    await page.get_by_role("button", name="Leave this room").click()
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_visible()
    assert (await page.request.get(room)).status == 404


async def test_the_pages_fit_a_phone(sign_in: SignIn) -> None:
    width = 390
    page = await sign_in("alice", viewport={"width": width, "height": 780}, is_mobile=True)
    room = await create_room(page, "W" * 60, "Private")
    await invite(page, room)
    for path in ("/rooms/", f"{room}settings/", "/people/"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.get_by_role("button", name="Rooms").click()
        await expect(page.get_by_role("link", name="All rooms")).to_be_visible()
