"""The page Tasks as people see it: real browsers, a real server, a real worker."""

import asyncio
import re

from django.utils.translation import gettext
from playwright.async_api import Locator, Page, Request, expect

from .conftest import SignIn

PATIENCE = 60_000  # milliseconds, longer than a sample task
CANCEL, RETRY = "[formaction='/tasks/cancel/']", "[formaction='/tasks/retry/']"
PHONE = {"width": 390, "height": 780}


async def run_sample(page: Page) -> Locator:
    """Go to the page and run a sample task. Returns its row, wherever on the page that will be."""
    await page.goto("/tasks/")
    await page.get_by_role("button", name="Run a sample task").click()
    return await only_row(page)


async def only_row(page: Page) -> Locator:
    """The row of the one task under way."""
    row = page.locator("#under-way .task")
    await expect(row).to_have_count(1)
    return page.locator(f"[data-task='{await row.get_attribute('data-task')}']")


async def state_is(row: Locator, state: str) -> None:
    await expect(row).to_have_attribute("data-state", state, timeout=PATIENCE)


async def percent(row: Locator) -> int:
    """How far its bar is, once that has begun."""
    bar = row.get_by_role("progressbar")
    await expect(bar).to_have_attribute("value", re.compile(r"\d"))
    return int(await bar.get_attribute("value") or "")


async def moves(row: Locator) -> None:
    """Wait until the bar moves; forwards, that is."""
    first = await percent(row)
    await expect(row.get_by_role("progressbar")).not_to_have_attribute("value", str(first))
    assert await percent(row) > first


async def test_the_bar_of_a_task_moves_until_its_result_appears_without_a_reload(
    sign_in: SignIn,
) -> None:
    page = await sign_in("alice")
    row = await run_sample(page)
    await page.evaluate("document.body.id = 'not-reloaded'")
    await moves(row)
    await state_is(row, "finished")
    counted = gettext("Counted to %(steps)d.") % {"steps": 60}  # as the site's language has it
    await expect(page.locator("#not-reloaded #ended .task").first).to_contain_text(counted)


async def test_a_task_appears_on_all_pages_of_its_owner_and_on_no_others(sign_in: SignIn) -> None:
    page, other, bob = await sign_in("alice"), await sign_in("alice"), await sign_in("bob")
    for watching in (other, bob):
        await watching.goto("/tasks/")
        await watching.evaluate("document.body.id = 'not-reloaded'")
    await run_sample(page)
    row = await only_row(other)
    await moves(row)
    await row.locator(CANCEL).click()
    await state_is(row, "cancelled")
    for watching in (other, bob):
        await expect(watching.locator("#not-reloaded")).to_have_count(1)
    task = await row.get_attribute("data-task")
    await expect(bob.locator(f"[data-task='{task}']")).to_have_count(0)


async def test_a_running_task_is_stopped_and_run_again_by_the_keyboard_alone(
    sign_in: SignIn,
) -> None:
    page = await sign_in("bob")
    posts: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            posts.append(request.url.rpartition("/tasks/")[2])

    page.on("request", note)
    row = await run_sample(page)
    await row.locator(CANCEL).focus()
    await moves(row)
    await expect(row.locator(CANCEL)).to_be_focused()
    await page.keyboard.press("Enter")
    await state_is(row, "cancelled")
    await expect(row.locator("h3")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(row.locator(RETRY)).to_be_focused()
    await page.keyboard.press("Enter")
    await state_is(row, "running")
    await moves(row)
    await row.locator(CANCEL).press("Enter")
    await state_is(row, "cancelled")
    assert posts == ["sample/", "retry/"]  # cancelling is a command on the socket


async def test_what_happened_while_the_connection_was_lost_is_shown_when_it_is_back(
    sign_in: SignIn,
) -> None:
    page, other = await sign_in("carol"), await sign_in("carol")
    await other.goto("/tasks/")
    row = await run_sample(page)
    await moves(row)
    await page.context.set_offline(True)
    await page.evaluate("window.dispatchEvent(new Event('offline'))")
    await (await only_row(other)).locator(CANCEL).click()
    await state_is(other.locator("#ended .task").first, "cancelled")
    await state_is(row, "running")
    await page.context.set_offline(False)
    await state_is(row, "cancelled")


async def test_the_page_fits_a_phone(sign_in: SignIn) -> None:
    page = await sign_in("alice", viewport=PHONE, is_mobile=True, has_touch=True)
    row = await run_sample(page)
    await moves(row)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await row.locator(CANCEL).tap()
    await state_is(row, "cancelled")


async def test_without_javascript_a_task_is_listed_and_cancelled_by_a_form(
    sign_in: SignIn,
) -> None:
    page = await sign_in("bob", java_script_enabled=False)
    row = await run_sample(page)
    await row.locator(CANCEL).click()
    async with asyncio.timeout(PATIENCE / 1000):
        while await row.get_attribute("data-state") != "cancelled":
            await page.reload()
    await expect(row.locator(RETRY)).to_be_visible()
    await expect(row.locator(CANCEL)).to_be_hidden()
