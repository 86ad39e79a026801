"""What people do with messages, in real browsers."""

import re
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from .conftest import SignIn
from .test_chat_in_browsers import enter, say

CORPUS = Path(__file__).parent.parent / "chat" / "tests" / "xss_corpus.txt"
STORED = re.compile(r"\d")


def message(page: Page, text: str) -> Locator:
    return page.locator("#messages .message", has_text=text)


async def say_and_see(page: Page, text: str) -> Locator:
    """Say something, and wait until the room has it."""
    await say(page, text)
    said = message(page, text)
    await expect(said).to_have_attribute("data-id", STORED)
    return said


async def choose(page: Page, said: Locator, action: str) -> None:
    """Do something with a message by mouse."""
    await said.hover()
    await page.locator("#more-button").click()
    await page.locator(f"#message-menu [data-action={action}]").click()


async def test_an_edited_message_says_so_everywhere(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    await choose(alice, await say_and_see(alice, "A mistke of mine"), "edit")
    await expect(alice.locator("[name=body]")).to_have_value("A mistke of mine")
    await say(alice, "A mistake of mine")
    of_bob = message(bob, "A mistake of mine")
    await expect(of_bob.locator(".message-edited")).to_be_visible()
    await expect(message(bob, "mistke")).to_have_count(0)
    await enter(bob)
    await expect(of_bob.locator(".message-edited")).to_be_visible()


async def test_a_deleted_message_leaves_a_tombstone_everywhere(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    said = await say_and_see(alice, "Better left unsaid")
    number = await said.get_attribute("data-id")
    await choose(alice, said, "delete")
    await alice.locator("#delete-dialog [value=cancel]").click()
    await expect(said).to_be_visible()
    await choose(alice, said, "delete")
    await alice.locator("#delete-dialog [value=delete]").click()
    for page in (alice, bob):
        tombstone = page.locator(f"[data-id='{number}']")
        await expect(tombstone).to_have_class(re.compile("deleted"))
        await expect(message(page, "Better left unsaid")).to_have_count(0)


async def test_what_others_wrote_cannot_be_edited_or_deleted(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    await say_and_see(alice, "Mine alone")
    await message(bob, "Mine alone").hover()
    await bob.locator("#more-button").click()
    menu = bob.locator("#message-menu")
    await expect(menu.locator("[data-action=link]")).to_be_visible()
    await expect(menu.locator("[data-action=edit]")).to_be_hidden()
    await expect(menu.locator("[data-action=delete]")).to_be_hidden()


async def test_reactions_are_counted_and_toggled_by_both(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    said = await say_and_see(alice, "Who brings the cake?")
    await said.hover()
    await alice.locator("#react-button").click()
    await alice.locator("#reaction-picker [data-emoji='🎉']").click()
    chip_of_bob = message(bob, "Who brings the cake?").locator(".reaction")
    await expect(chip_of_bob).to_have_attribute("title", "alice")
    await expect(chip_of_bob).to_have_attribute("aria-pressed", "false")
    await chip_of_bob.click()
    await expect(said.locator(".reaction")).to_have_attribute("title", "alice, bob")
    await expect(said.locator(".reaction-count")).to_have_text("2")
    await chip_of_bob.click()
    await said.locator(".reaction").click()
    await expect(chip_of_bob).to_have_count(0)


async def test_a_reply_quotes_and_leads_to_its_message(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    await say_and_see(alice, "Shall we meet at four?")
    await message(bob, "Shall we meet at four?").hover()
    await bob.locator("[data-action=reply]").click()
    await expect(bob.locator("#subject")).to_contain_text("Shall we meet at four?")
    await say(bob, "Rather at five")
    quote = message(alice, "Rather at five").locator(".message-quote")
    await expect(quote).to_contain_text("Shall we meet at four?")
    await quote.click()
    asked = alice.locator(f"[data-id='{await quote.get_attribute('data-quoted')}']")
    await expect(asked).to_be_focused()


async def test_a_reply_shows_what_its_message_is_now(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await enter(page)
    said = await say_and_see(page, "Soon to be changed")
    await said.hover()
    await page.locator("[data-action=reply]").click()
    await say(page, "An answer to it")
    quote = message(page, "An answer to it").locator(".message-quote")
    await expect(quote).to_contain_text("Soon to be changed")
    await choose(page, said.first, "delete")
    await page.locator("#delete-dialog [value=delete]").click()
    await expect(quote).not_to_contain_text("Soon to be changed")


async def test_people_are_suggested_and_mentioned(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    composer = alice.locator("[name=body]")
    await composer.press_sequentially("Ask @bo")
    option = alice.get_by_role("option", name="bob")
    await expect(option).to_have_attribute("aria-selected", "true")
    await expect(composer).to_have_attribute("aria-activedescendant", "suggestion-0")
    await composer.press("Enter")
    await expect(composer).to_have_value("Ask @bob ")
    await expect(option).to_be_hidden()
    await composer.press_sequentially("about the mentions")
    await composer.press("Enter")
    heard = message(bob, "about the mentions")
    await expect(heard.locator(".mention-me")).to_have_text("@bob")
    await expect(message(alice, "about the mentions").locator(".mention")).to_have_text("@bob")


async def test_everything_is_done_by_keyboard_alone(sign_in: SignIn) -> None:
    page = await sign_in("carol")
    await enter(page)
    composer = page.locator("[name=body]")
    await expect(composer).to_be_focused()
    await page.keyboard.type("Without a muose")
    await page.keyboard.press("Enter")
    said = message(page, "Without a m")
    await expect(said).to_have_attribute("data-id", STORED)
    await page.keyboard.press("ArrowUp")
    await expect(composer).to_have_value("Without a muose")
    await page.keyboard.press("Escape")
    await expect(composer).to_have_value("")
    await page.keyboard.press("ArrowUp")
    await composer.fill("Without a mouse")
    await page.keyboard.press("Enter")
    await expect(said.locator(".message-edited")).to_be_visible()
    await page.locator("#content").focus()
    await page.keyboard.press("ArrowUp")
    await expect(said).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("#react-button")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(said.locator(".reaction")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#reaction-picker")).to_be_hidden()
    await page.locator("#content").focus()
    await page.keyboard.press("End")
    await page.keyboard.press("Escape")
    await expect(composer).to_be_focused()


async def test_two_tabs_of_one_person_show_the_same(sign_in: SignIn) -> None:
    first = await sign_in("alice")
    await enter(first)
    second = await first.context.new_page()
    await enter(second)
    await say_and_see(first, "Said in the first tab")
    await expect(message(second, "Said in the first tab")).to_have_count(1)
    await say_and_see(second, "Said in the second tab")
    await expect(message(first, "Said in the second tab")).to_have_count(1)
    await expect(first.locator("[data-state]")).to_have_count(0)


async def test_on_a_phone_a_touch_shows_what_can_be_done(sign_in: SignIn) -> None:
    page = await sign_in(
        "bob", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    await enter(page)
    await page.fill("[name=body]", "From a phone " + "veryverylongword" * 20)
    await page.locator("#composer [type=submit]").tap()
    said = message(page, "From a phone")
    await expect(said).to_have_attribute("data-id", STORED)
    await said.locator(".message-body").tap()
    await page.locator("#react-button").tap()
    await page.locator("#reaction-picker [data-emoji='👍']").tap()
    await expect(said.locator(".reaction")).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_who_is_here_and_types_is_shown(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    await alice.locator("#people-button").click()
    await expect(alice.locator("#people")).to_contain_text("bob")
    await alice.keyboard.press("Escape")
    await bob.locator("[name=body]").press_sequentially("Hm")
    await expect(alice.locator("#typing")).to_contain_text("bob")
    await bob.press("[name=body]", "Enter")
    await expect(alice.locator("#typing")).to_have_text("")


async def test_a_command_answers_its_reader_alone(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    await say(alice, "/help")
    await expect(alice.locator("#note")).to_contain_text("/topic")
    await expect(message(alice, "/help")).to_have_count(0)
    await say(alice, "/me waves to the test")
    await expect(message(bob, "waves to the test")).to_have_class(re.compile("action"))
    await expect(alice.locator("#note")).to_be_hidden()


async def test_what_is_refused_says_why_and_can_be_discarded(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await enter(page)
    await say(page, "/nonsense")
    failed = page.locator("[data-state=failed]")
    await expect(failed.locator("[data-reason]")).to_contain_text("/nonsense")
    await failed.locator("[data-action=discard]").click()
    await expect(failed).to_have_count(0)


async def test_a_line_shows_where_one_has_stopped_reading(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(bob)
    await say_and_see(bob, "Read by both")
    await enter(alice)
    await alice.goto("about:blank")
    await say_and_see(bob, "Said while alice was away")
    await enter(alice)
    below = alice.locator(".unread-line ~ .message").first
    await expect(below).to_contain_text("Said while alice was away")


async def test_attacks_show_as_text_and_run_nothing(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    ran: list[str] = []
    for page in (alice, bob):
        page.on("dialog", lambda dialog: ran.append(dialog.message))
        await enter(page)
    attacks = CORPUS.read_text().splitlines()
    for start in range(0, len(attacks), 30):
        piece = "\n".join(attacks[start : start + 30])
        await say(alice, f"Attack {start}:\n{piece}")
        for page in (alice, bob):
            await expect(message(page, f"Attack {start}:")).to_have_attribute("data-id", STORED)
    await enter(bob)  # as the server renders it
    for page in (alice, bob):
        body = page.locator(".message-body", has_text="Attack")
        assert await body.locator(":scope *:not(a, code, pre, span)").count() == 0
        links = await body.locator("a").evaluate_all("all => all.map((link) => link.protocol)")
        assert links
        assert set(links) <= {"http:", "https:"}
        await expect(body.first).to_contain_text("<script>alert(1)</script>")
    assert not ran


async def test_messages_are_read_and_posted_without_javascript(sign_in: SignIn) -> None:
    page = await sign_in("carol", java_script_enabled=False)
    await page.goto("/rooms/general/")
    await page.fill("[name=body]", "Without a script, but with `code` and https://example.com")
    await page.locator("#composer [type=submit]").click()
    posted = message(page, "Without a script")
    await expect(posted.locator("code")).to_have_text("code")
    await expect(posted.get_by_role("link", name="https://example.com")).to_be_visible()
