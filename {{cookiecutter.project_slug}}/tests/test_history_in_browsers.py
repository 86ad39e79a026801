"""A long room in real browsers: going back and forth in it moves nothing that is being read."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, StorageState, expect

from .conftest import SignIn, site_for_browsers

ROOM = "/rooms/filled-1/"
LAST = "#messages .message >> nth=-1"
TOP_OF = "(id) => document.querySelector(`[data-id='${id}']`).getBoundingClientRect().top"
IDS = "[...document.querySelectorAll('.message[data-id]')].map((one) => Number(one.dataset.id))"
FIRST_IN_VIEW = """() => {
  const top = document.getElementById("content").getBoundingClientRect().top;
  const all = [...document.querySelectorAll("#messages .message")];
  return all.find((one) => one.getBoundingClientRect().top >= top).dataset.id;
}"""


@pytest.fixture(scope="module")
def site_url(site_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site of its own with one long room."""
    folder = tmp_path_factory.mktemp("browser")
    fill = "fill --messages 700 --rooms 1 --users 3"
    with site_for_browsers(site_folder, folder, fill) as address:
        yield address


@pytest.fixture(scope="module")
def sessions() -> dict[str, StorageState]:
    return {}


async def enter(page: Page, query: str = "") -> None:
    """Its statistics button appears once the page is live."""
    await page.goto(ROOM + query)
    await expect(page.locator("#statistics-button")).to_be_visible()


async def scroll(page: Page, pixels: int) -> None:
    await page.evaluate("(by) => document.getElementById('content').scrollBy(0, by)", pixels)


async def ids(page: Page) -> list[int]:
    return [int(one) for one in await page.evaluate(IDS)]


async def loaded_before(page: Page, first: int) -> None:
    await page.wait_for_function(
        "(first) => Number(document.querySelector('.message').dataset.id) < first", arg=first
    )


async def test_earlier_messages_come_above_without_moving_what_is_read(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await enter(page)
    first = (await ids(page))[0]
    await page.locator(".message").nth(3).scroll_into_view_if_needed()
    read = await page.evaluate(FIRST_IN_VIEW)
    top = await page.evaluate(TOP_OF, read)
    await loaded_before(page, first)
    assert abs(await page.evaluate(TOP_OF, read) - top) < 1
    shown = await ids(page)
    assert shown == sorted(set(shown))


async def test_from_the_end_to_the_beginning_of_the_past_the_page_stays_small(
    sign_in: SignIn,
) -> None:
    page = await sign_in("alice")
    await enter(page)
    while len(shown := await ids(page)) < 400:
        await scroll(page, -100_000)
        await loaded_before(page, shown[0])
    await scroll(page, -100_000)
    await expect(page.locator("#past")).to_be_visible()
    shown = await ids(page)
    assert len(shown) == 400
    assert shown == sorted(set(shown))
    await page.get_by_role("link", name="To the newest").click()
    await expect(page.locator("#past")).to_be_hidden()


async def test_a_permanent_link_leads_to_its_message_and_goes_on_in_both_directions(
    sign_in: SignIn,
) -> None:
    page = await sign_in("alice")
    await enter(page)
    target = (await ids(page))[0]
    await enter(page, f"?at={target}")
    message = page.locator(f"[data-id='{target}']")
    await expect(message).to_be_focused()
    await expect(message).to_be_in_viewport()
    await scroll(page, 100_000)
    await page.wait_for_function("(id) => document.querySelector('#later').hidden", arg=target)
    shown = await ids(page)
    assert shown == sorted(set(shown))
    await expect(page.locator("#past")).to_be_hidden()


async def test_what_is_said_at_the_present_is_counted_in_the_past(sign_in: SignIn) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    await enter(alice, "?after=0")
    await enter(bob)
    await bob.fill("[name=body]", "said at the present")
    await bob.press("[name=body]", "Enter")
    await expect(alice.locator("[data-new]")).to_be_visible()
    await expect(alice.locator(".message", has_text="said at the present")).to_have_count(0)
    await alice.get_by_role("link", name="To the newest").click()
    await expect(alice.locator(LAST)).to_contain_text("said at the present")


async def test_a_change_that_is_heard_while_earlier_messages_load_is_shown(
    sign_in: SignIn,
) -> None:
    alice, bob = await sign_in("alice"), await sign_in("bob")
    rendered, heard = asyncio.Event(), asyncio.Event()

    async def hold_back(route: Route) -> None:
        response = await route.fetch()
        rendered.set()
        await heard.wait()
        await route.fulfill(response=response)

    await enter(bob, "?after=0")
    await alice.route("**/?before=*", hold_back)
    await enter(alice, "?after=50")
    await scroll(alice, -100_000)
    async with asyncio.timeout(30):
        await rendered.wait()
    await bob.locator("[data-id='20']").hover()
    await bob.locator("#react-button").click()
    await bob.locator("#reaction-picker [data-emoji='🎉']").click()
    await expect(bob.locator("[data-id='20'] .reaction")).to_be_visible()
    await bob.fill("[name=body]", "said after the reaction")
    await bob.press("[name=body]", "Enter")
    await expect(alice.locator("[data-new]")).to_be_visible()
    heard.set()
    await expect(alice.locator("[data-id='20'] .reaction")).to_be_visible()


async def test_who_writes_in_the_past_is_led_to_the_present(sign_in: SignIn) -> None:
    page = await sign_in("alice")
    await enter(page, "?after=0")
    await page.fill("[name=body]", "written in the past")
    await page.press("[name=body]", "Enter")
    await expect(page.locator("#past")).to_be_hidden()
    await expect(page.locator(".message", has_text="written in the past")).to_have_count(1)
    await expect(page.locator("[data-state]")).to_have_count(0)


async def test_without_javascript_links_lead_through_the_history(sign_in: SignIn) -> None:
    await sign_in("carol")
    page = await sign_in("carol", java_script_enabled=False)
    await page.goto(ROOM)
    first = int(await page.locator(".message").first.get_attribute("data-id") or 0)
    await page.get_by_role("link", name="Earlier messages").click()
    last = int(await page.locator("#messages .message").last.get_attribute("data-id") or 0)
    assert last < first
    await page.get_by_role("link", name="Later messages").click()
    again = int(await page.locator(".message").first.get_attribute("data-id") or 0)
    assert again == first


async def test_what_was_said_is_found_and_one_gets_there(sign_in: SignIn) -> None:
    page = await sign_in("bob")
    await enter(page)
    await page.fill("[name=body]", "A needle in the haystack")
    await page.press("[name=body]", "Enter")
    await expect(page.locator(".message", has_text="needle")).to_have_count(1)
    await page.get_by_role("link", name="Search", exact=True).click()
    await page.get_by_role("searchbox").fill("need hay")
    await page.get_by_role("searchbox").press("Enter")
    await expect(page.locator("mark").first).to_have_text("needle")
    await page.locator(".search-hit").first.click()
    await expect(page.locator(".message:focus")).to_contain_text("needle")
