"""What axe has to say about every page and state: see pages.py. It must have nothing to say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from django.template.loader import render_to_string
from django.test import AsyncClient, RequestFactory
from playwright.async_api import Page, StorageState, ViewportSize, expect

from accounts.models import User

from .conftest import SignIn, site_for_browsers
from .pages import STATES

WIDE: ViewportSize = {"width": 1200, "height": 760}
PHONE: ViewportSize = {"width": 390, "height": 780}
LOOKS: list[tuple[Literal["light", "dark"], ViewportSize, dict[str, list[str]]]] = [
    ("light", WIDE, {}),
    ("light", PHONE, {}),
    ("dark", WIDE, {"runOnly": ["color-contrast"]}),  # all else is the same in the dark
]
ERRORS = ("403.html", "403_csrf.html", "429.html", "500.html")
REST = """() => {
  const passing = (animation) => animation.effect.getComputedTiming().iterations < Infinity;
  return Promise.allSettled(document.getAnimations().filter(passing).map((one) => one.finished));
}"""
axe = Axe()


@pytest.fixture(scope="module")
def site_url(site_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site of its own: the states are found by what the sample data says."""
    folder = tmp_path_factory.mktemp("browser")
    with site_for_browsers(site_folder, folder, "sample_data") as address:
        yield address


@pytest.fixture(scope="module")
def sessions() -> dict[str, StorageState]:
    return {}


@pytest.fixture
def harmless() -> tuple[str, ...]:
    return ("status of 4", "WebSocket connection to", "net::ERR_")


async def problems(page: Page) -> str:
    """In light and dark, at a desk and on a phone."""
    found = []
    for scheme, size, options in LOOKS:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(REST)
        results = await axe.run(page, options=options)
        if results.violations_count:
            found.append(f"{scheme}, {size['width']} px: {results.generate_report()}")
    return "\n".join(found)


async def answer(page: Page, path: str, html: str) -> None:
    """Let the browser get this page instead of that of the site."""
    await page.route(f"**{path}", lambda route: route.fulfill(body=html, content_type="text/html"))


async def test_axe_finds_nothing_on_any_page_in_any_state(sign_in: SignIn) -> None:
    found = {}
    for name, go in STATES.items():
        page = await go(sign_in)
        found[name] = await problems(page)
        for context in page.context.browser.contexts if page.context.browser else []:
            await context.close()
    report = [f"{name}: {text}" for name, text in found.items() if text]
    assert not report, "\n".join(report)


async def test_axe_finds_nothing_on_error_pages_and_on_a_site_without_rooms(
    sign_in: SignIn, async_client: AsyncClient, alice: User
) -> None:
    """As the database of the tests has them: the site that the browsers see is not empty."""
    await async_client.aforce_login(alice)
    pages = {
        "/rooms/": (await async_client.get("/rooms/")).content.decode(),
        "/people/": (await async_client.get("/people/")).content.decode(),
        "/nowhere/": (await async_client.get("/nowhere/")).content.decode(),
    }
    request = RequestFactory().get("/")
    request.user = alice
    for name in ERRORS:
        pages[f"/{name}"] = render_to_string(name, request=request)
    page = await sign_in("alice")
    found = []
    for path, html in pages.items():
        await answer(page, path, html)
        await page.goto(path)
        await expect(page.locator("h1")).to_be_visible()
        found.append(await problems(page))
    assert not any(found), "\n".join(found)
