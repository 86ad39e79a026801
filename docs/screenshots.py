"""Takes pictures of every page and state of a generated site that is running with its sample data.

    python docs/screenshots.py [http://127.0.0.1:8000] [state...]

Those that the README shows go to docs/images; all go to docs/images/all, which git ignores, to be
looked at. The states are those in which axe looks at the site: tests/pages.py of the site.
Uses the Chromium of this machine if it has one, else Playwright's (`playwright install chromium`).
"""

import asyncio
import os
import runpy
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, StorageState, ViewportSize, async_playwright

IMAGES = Path(__file__).parent / "images"
ALL = IMAGES / "all"
PAGES = Path(__file__).parents[1] / "{{cookiecutter.project_slug}}" / "tests" / "pages.py"

WIDE: ViewportSize = {"width": 1200, "height": 760}
ZOOMED: ViewportSize = {"width": 600, "height": 400}  # what is left of it at 200%
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
SHOWN = {  # by state and look, the pictures in docs/images
    "sign-in-light": "sign-in",
    "rooms-light": "rooms",
    "room-light": "chat-light",
    "room-dark": "chat-dark",
    "room-phone": "phone",
    "tasks-light": "tasks",
}

# The site uses the system's font. Where that is a plain one, as on servers, prefer these.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <match>
    <test name="family"><string>sans-serif</string></test>
    <edit name="family" mode="prepend" binding="strong">
      <string>Inter</string><string>Noto Sans</string>
    </edit>
  </match>
</fontconfig>
"""


class People:
    """Signs the sample accounts in, in browsers that look the same."""

    def __init__(self, browser: Browser, site: str, options: Mapping[str, Any]) -> None:
        self._browser = browser
        self._site = site
        self._options = options
        self._sessions: dict[str, StorageState] = {}

    async def sign_in(self, name: str) -> Page:
        context = await self._browser.new_context(
            base_url=self._site,
            device_scale_factor=2,
            storage_state=self._sessions.get(name),
            **self._options,
        )
        page = await context.new_page()
        if name not in self._sessions:
            await page.goto("/accounts/login/")
            login = page.locator(".hint code", has_text=name)
            await page.fill("[name=login]", await login.inner_text())
            await page.fill("[name=password]", "demo")
            await page.press("[name=password]", "Enter")
            await page.wait_for_url("**/rooms/**")
            self._sessions[name] = await context.storage_state()
        return page

    async def leave(self) -> None:
        for context in self._browser.contexts:
            await context.close()


async def main(site: str, *wanted: str) -> None:
    ALL.mkdir(parents=True, exist_ok=True)
    states = runpy.run_path(str(PAGES))["STATES"]
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as fonts:
        fonts.write(FONTS)
        fonts.flush()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
                env={**os.environ, "FONTCONFIG_FILE": fonts.name},
            )
            wide = People(browser, site, {"viewport": WIDE})
            phone = People(browser, site, PHONE)
            for name in wanted or states:
                print(name, flush=True)
                page = await states[name](wide.sign_in)
                await take_wide(page, name)
                await wide.leave()
                page = await states[name](phone.sign_in)
                await save(page, f"{name}-phone")
                await phone.leave()
            await browser.close()


async def take_wide(page: Page, name: str) -> None:
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await save(page, f"{name}-{scheme}")
    await page.emulate_media(color_scheme="light")
    await page.evaluate("document.documentElement.dir = 'rtl'")
    await save(page, f"{name}-rtl")
    await page.evaluate("document.documentElement.dir = 'ltr'")
    await page.set_viewport_size(ZOOMED)
    await save(page, f"{name}-zoomed")


async def save(page: Page, name: str) -> None:
    if name in SHOWN:
        path = IMAGES / f"{SHOWN[name]}.png"
        await page.screenshot(path=path, animations="disabled")
    await page.screenshot(path=ALL / f"{name}.png", animations="disabled", scale="css")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["http://127.0.0.1:8000"]))
