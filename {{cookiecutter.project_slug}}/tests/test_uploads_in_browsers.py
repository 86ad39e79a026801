"""Images and files as people see them: real browsers, a real server, a real worker."""

import asyncio
import base64

import pytest
from playwright.async_api import FilePayload, Page, Route, expect

from chat.tests.files import SCRIPT, picture

from .conftest import SignIn

ROOM = "/rooms/general/"


@pytest.fixture
def harmless() -> tuple[str, ...]:
    return ("status of 400", "ERR_FAILED")  # a refused file; a picture that does not come


async def enter(page: Page) -> None:
    """Go to the room; its statistics button appears once the page is live."""
    await page.goto(ROOM)
    await expect(page.get_by_role("button", name="Statistics")).to_be_visible()


def payload(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": data}


async def choose(page: Page, *files: FilePayload) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach files").click()
    await (await chooser.value).set_files(list(files))


async def give(page: Page, event: str, target: str, name: str, data: bytes) -> None:
    """Drop or paste a file, as a browser does."""
    await page.locator(target).evaluate(
        """(target, [type, name, data]) => {
          const files = new DataTransfer();
          const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
          files.items.add(new File([bytes], name, { type: "image/png" }));
          const options = { bubbles: true, cancelable: true };
          target.dispatchEvent(
            type === "paste"
              ? new ClipboardEvent(type, { ...options, clipboardData: files })
              : new DragEvent(type, { ...options, dataTransfer: files }),
          );
        }""",
        [event, name, base64.b64encode(data).decode()],
    )


async def is_loaded(page: Page, selector: str) -> None:
    await page.wait_for_function(
        "(selector) => document.querySelector(selector)?.naturalWidth > 0", arg=selector
    )


async def test_others_see_the_thumbnail_and_look_at_the_picture(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice)
    await enter(bob)
    await choose(alice, payload("tea.png", picture(size=(1600, 1200))))
    await expect(alice.locator(".tray-file[data-state=done]")).to_contain_text("tea.png")
    await alice.fill("[name=body]", "Look at this")
    await alice.press("[name=body]", "Enter")
    for page in (alice, bob):
        await expect(page.locator(".message", has_text="Look at this")).to_have_count(1)
        shown = page.locator("img[alt='tea.png']")
        await is_loaded(page, "img[alt='tea.png'][src$='/thumbnail/']")
        box = await shown.bounding_box()
        assert box
        assert (round(box["width"]), round(box["height"])) == (320, 240)
    await expect(alice.locator(".tray-file")).to_have_count(0)
    await bob.get_by_role("link", name="tea.png").click()
    await is_loaded(bob, "#viewer img")
    await expect(bob.locator("#viewer")).to_be_visible()
    await bob.keyboard.press("Escape")
    await expect(bob.locator("#viewer")).not_to_be_visible()


async def test_a_picture_takes_its_place_before_it_is_there(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await bob.route("**/attachments/**", lambda route: route.abort())
    await enter(alice)
    await enter(bob)
    await choose(alice, payload("late.png", picture(size=(200, 100))))
    await expect(alice.locator(".tray-file[data-state=done]")).to_have_count(1)
    await alice.press("[name=body]", "Enter")
    link = bob.get_by_role("link", name="late.png")
    await expect(link).to_be_visible()
    box = await link.bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (200, 100)


async def test_a_picture_is_dropped_and_another_pasted(sign_in: SignIn) -> None:
    page = await sign_in("carol")
    await enter(page)
    await give(page, "drop", "#messages", "dropped.png", picture(size=(60, 40)))
    await give(page, "paste", "[name=body]", "pasted.png", picture(size=(60, 40)))
    await expect(page.locator(".tray-file[data-state=done]")).to_have_count(2)
    await page.press("[name=body]", "Enter")
    last = page.locator(".message").last
    for name in ("dropped.png", "pasted.png"):
        await expect(last.get_by_role("link", name=name)).to_be_visible()


async def test_a_refused_file_shows_why_and_can_be_removed(sign_in: SignIn) -> None:
    page = await sign_in("carol")
    await enter(page)
    await choose(page, payload("cat.png", SCRIPT), payload("notes.txt", b"Milk, tea"))
    refused = page.locator(".tray-file", has_text="cat.png")
    await expect(refused).to_contain_text("is none, or is broken")
    await expect(page.locator(".tray-file[data-state=done]")).to_contain_text("notes.txt")
    await refused.get_by_role("button", name="Remove cat.png").click()
    await expect(refused).to_have_count(0)
    await page.press("[name=body]", "Enter")
    link = page.locator(".message").last.get_by_role("link", name="notes.txt")
    async with page.expect_download() as download:
        await link.click()
    assert (await download.value).suggested_filename == "notes.txt"


async def test_what_was_uploaded_survives_a_reload(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await enter(page)
    await choose(page, payload("kept.txt", b"kept"))
    await expect(page.locator(".tray-file[data-state=done]")).to_have_count(1)
    await enter(page)
    await expect(page.locator(".tray-file[data-state=done]")).to_contain_text("kept.txt")
    await page.press("[name=body]", "Enter")
    await expect(page.locator(".message").last.get_by_role("link")).to_contain_text("kept.txt")


async def test_a_message_waits_for_its_file(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await enter(page)
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/attachments/", lambda route: held.put_nowait(route))
    await choose(page, payload("slow.txt", b"slow"))
    await page.fill("[name=body]", "With a slow file")
    await page.press("[name=body]", "Enter")
    await expect(page.locator("#tray [role=status]")).not_to_be_empty()
    await expect(page.locator(".message", has_text="With a slow file")).to_have_count(0)
    await (await held.get()).continue_()
    message = page.locator(".message", has_text="With a slow file")
    await expect(message.get_by_role("link", name="slow.txt")).to_be_visible()


async def test_files_are_sent_without_javascript(sign_in: SignIn) -> None:
    page = await sign_in("bob", java_script_enabled=False)
    await page.goto(ROOM)
    await page.fill("[name=body]", "Without a script")
    await page.set_input_files("[name=files]", payload("plain.png", picture(size=(80, 60))))
    await page.get_by_role("button", name="Send").click()
    message = page.locator(".message", has_text="Without a script")
    await expect(message.get_by_role("link", name="plain.png")).to_be_visible()
