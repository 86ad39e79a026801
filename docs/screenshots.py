"""Takes the pictures in docs/images of a generated site that is running with its sample data.

    python docs/screenshots.py [http://127.0.0.1:8000]

Uses the Chromium of this machine if it has one, else Playwright's (`playwright install chromium`).
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
WINDOW = {"viewport": {"width": 1200, "height": 760}}
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}

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


def main(site: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as fonts, sync_playwright() as playwright:
        fonts.write(FONTS)
        fonts.flush()
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
            env={**os.environ, "FONTCONFIG_FILE": fonts.name},
        )
        take_sign_in(browser, site)
        take_rooms(browser, site)
        take_chat(browser, site, "chat-light", color_scheme="light", **WINDOW)
        take_chat(browser, site, "chat-dark", color_scheme="dark", **WINDOW)
        take_chat(browser, site, "phone", color_scheme="light", **PHONE)
        take_tasks(browser, site)
        browser.close()


def take_sign_in(browser: Browser, site: str) -> None:
    page = new_page(browser, **WINDOW)
    page.goto(f"{site}/accounts/login/")
    save(page, "sign-in")


def take_rooms(browser: Browser, site: str) -> None:
    page = new_page(browser, **WINDOW)
    sign_in(page, site)
    save(page, "rooms")


def take_chat(browser: Browser, site: str, name: str, **options: object) -> None:
    page = new_page(browser, **options)
    sign_in(page, site)
    page.get_by_role("link", name="General").click()
    page.get_by_role("button", name="Statistics").wait_for()  # shown by the script, once it runs
    save(page, name)


def take_tasks(browser: Browser, site: str) -> None:
    """One that was cancelled, and two that run."""
    page = new_page(browser, **WINDOW)
    sign_in(page, site)
    page.goto(f"{site}/tasks/")
    under_way = page.locator("#under-way .task")
    for number in (1, 2, 3):
        page.get_by_role("button", name="Run a sample task").click()
        under_way.nth(number - 1).wait_for()
        page.wait_for_timeout(2000)
    under_way.first.get_by_role("button", name="Cancel").click()
    page.mouse.move(0, 0)
    page.locator("#ended .task").first.wait_for()
    save(page, "tasks")


def new_page(browser: Browser, **options: object) -> Page:
    context = browser.new_context(device_scale_factor=2, **options)  # type: ignore[arg-type]
    return context.new_page()


def sign_in(page: Page, site: str) -> None:
    """Sign in as the first of the sample accounts, whose names the page tells."""
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("Username").or_(page.get_by_label("Email")).fill(
        page.locator(".hint code").first.inner_text()
    )
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign In").click()
    page.get_by_role("heading", name="Rooms").wait_for()


def save(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    page.context.close()


if __name__ == "__main__":
    main(*sys.argv[1:] or ["http://127.0.0.1:8000"])
