"""Every page of the site, in every state that looks different: for axe, and for pictures.

Each function brings a browser there. It imports nothing of the site and reads none of its words,
so docs/screenshots.py of the template can use it, and the language does not matter.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import FilePayload, Page

type Browsers = Callable[..., Awaitable[Page]]  # signed in, as `await sign_in("alice")`
type State = Callable[[Browsers], Awaitable[Page]]

STATES: dict[str, State] = {}


def state(function: State) -> State:
    STATES[function.__name__.replace("_", "-")] = function
    return function


def plain(name: str, path: str, user: str = "alice") -> None:
    """A page that only has to be opened; without a user, by somebody who is not signed in."""

    async def open_it(sign_in: Browsers) -> Page:
        page = await sign_in(user or "alice")
        if not user:
            await page.context.clear_cookies()
        await page.goto(path)
        return page

    STATES[name] = open_it


plain("sign-in", "/accounts/login/", "")
plain("sign-up", "/accounts/signup/", "")
plain("password-reset", "/accounts/password/reset/", "")
plain("password-reset-sent", "/accounts/password/reset/done/", "")
plain("password-reset-expired", "/accounts/password/reset/key/1-nonsense/", "")
plain("password-change", "/accounts/password/change/")
plain("email", "/accounts/email/")
plain("sign-out", "/accounts/logout/")
plain("rooms", "/rooms/")
plain("room-settings", "/rooms/general/settings/", "carol")
plain("people", "/people/")
plain("people-none", "/people/?q=zzz")
plain("direct-start", "/people/carol/")
plain("invitation-expired", "/invitations/nonsense/")
plain("search", "/search/?room=general")
plain("search-hits", "/search/?q=is")
plain("search-none", "/search/?q=zzz")
plain("tasks-none", "/tasks/", "carol")
plain("past", "/rooms/general/?before=6")


async def enter(page: Page, room: str = "/rooms/general/") -> None:
    """Its statistics button appears once the page is live."""
    await page.goto(room)
    await page.locator("#statistics-button").wait_for()


async def say(page: Page, text: str) -> None:
    await page.fill("[name=body]", text)
    await page.locator("#composer [type=submit]").click()  # on a phone, Enter starts a new line


async def make_room(page: Page, name: str, kind: str = "open") -> str:
    """The address of the room, which may be there from an earlier run."""
    await page.goto("/rooms/")
    there = page.locator("#room-list li", has_text=name).locator("a")
    if await there.count():
        return await there.first.get_attribute("href") or ""
    await page.fill("#id_name", name)
    await page.check(f"[name=kind][value={kind}]")
    await page.locator("#new-room [type=submit]").click()
    await page.locator("#messages").wait_for()
    return page.url


async def invite(page: Page, room: str) -> str:
    """A link into a private room."""
    await page.goto(f"{room}settings/")
    await page.locator("form[action$='/invitations/'] button").click()
    return await page.locator(".invitation-link input").first.input_value()


async def attend(page: Page, text: str, button: str = "") -> None:
    """Let the pointer rest on a message, or touch it; then press a button of its toolbar."""
    touch = await page.evaluate("matchMedia('(hover: none)').matches")
    body = page.locator(".message-body", has_text=text)
    await (body.tap() if touch else body.hover())
    if button:
        chosen = page.locator(button)
        await (chosen.tap() if touch else chosen.click())


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content}


async def in_general(sign_in: Browsers, name: str = "alice", **options: Any) -> Page:
    page = await sign_in(name, **options)
    await enter(page)
    return page


@state
async def sign_in_refused(sign_in: Browsers) -> Page:
    page = await STATES["sign-in"](sign_in)
    await page.fill("[name=login]", "nobody@example.com")
    await page.fill("[name=password]", "wrong")
    await page.press("[name=password]", "Enter")
    await page.locator(".errorlist").first.wait_for()
    return page


@state
async def sign_up_refused(sign_in: Browsers) -> Page:
    page = await STATES["sign-up"](sign_in)
    await page.locator("form:has([name=password1])").evaluate(
        "(form) => { form.noValidate = true }"
    )
    await page.fill("[name=password1]", "1")
    await page.press("[name=password1]", "Enter")
    await page.locator(".errorlist").first.wait_for()
    return page


@state
async def room(sign_in: Browsers) -> Page:
    return await in_general(sign_in)


@state
async def room_toolbar(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await attend(page, "front page")
    await page.locator("#message-actions").wait_for()
    return page


@state
async def room_menu(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await attend(page, "stored before", "#more-button")
    return page


@state
async def room_reactions(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await attend(page, "front page", "#react-button")
    return page


@state
async def room_delete(sign_in: Browsers) -> Page:
    page = await room_menu(sign_in)
    await page.locator("#message-menu [data-action=delete]").click()
    return page


@state
async def room_edit(sign_in: Browsers) -> Page:
    page = await room_menu(sign_in)
    await page.locator("#message-menu [data-action=edit]").click()
    await page.locator("#subject").wait_for()
    return page


@state
async def room_reply(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await attend(page, "Back. Nothing", "#message-actions [data-action=reply]")
    await page.locator("#subject").wait_for()
    return page


@state
async def room_mention(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await page.locator("[name=body]").press_sequentially("Ask @")
    await page.locator(".suggestion").first.wait_for()
    return page


@state
async def room_notice(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await say(page, "/help")
    await page.locator("#note").wait_for()
    return page


@state
async def room_refused(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await say(page, "/nonsense")
    await page.locator("[data-state=failed]").wait_for()
    return page


@state
async def room_people(sign_in: Browsers) -> Page:
    await in_general(sign_in, "bob")
    page = await in_general(sign_in)
    await page.locator("#people-button").click()
    await page.locator("#people .person").nth(1).wait_for()
    return page


@state
async def room_statistics(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await page.locator("#statistics-button").click()
    await page.locator("#statistics dl").wait_for()
    return page


@state
async def account_menu(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    toggle = page.locator("#sidebar-toggle")
    if await toggle.is_visible():
        await toggle.click()
    await page.locator(".account").click()
    return page


@state
async def picture(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await page.locator(".attachment-picture").last.click()
    await page.locator("#viewer img").wait_for()
    return page


@state
async def uploads(sign_in: Browsers) -> Page:
    """One is there, one was refused, one was lost on its way."""
    page = await in_general(sign_in, "carol")
    for old in await page.locator(".tray-file [data-action=remove]").all():
        await old.click()
    files = [file("Minutes of the meeting.txt", b"Milk, tea"), file("cat.png", b"<script>")]
    await page.set_input_files("#attach-input", files)
    await page.locator(".tray-problem:not(:empty)").wait_for()
    await page.locator(".tray-file[data-state=done]").wait_for()
    await page.route("**/attachments/", lambda route: route.abort())
    await page.set_input_files("#attach-input", [file("lost.txt", b"lost")])
    await page.locator(".tray-problem:not(:empty)").nth(1).wait_for()
    return page


@state
async def offline(sign_in: Browsers) -> Page:
    page = await in_general(sign_in)
    await page.context.set_offline(True)
    await say(page, "Written in a tunnel")
    await page.locator("#connection [data-when=offline]").wait_for()
    await page.locator("[data-state=pending]").wait_for()
    return page


@state
async def reconnecting(sign_in: Browsers) -> Page:
    page = await sign_in("alice")
    await page.route_web_socket("**/ws/", lambda socket: socket.close())
    await page.route("**/ws/**", lambda route: route.abort())
    await page.goto("/rooms/general/")
    await page.locator("#connection [data-when=waiting]").wait_for()
    return page


@state
async def mentioned(sign_in: Browsers) -> Page:
    """In another room than the one that is open."""
    page = await sign_in("alice")
    await enter(page, await make_room(page, "Quiet for now"))
    bob = await in_general(sign_in, "bob")
    await say(bob, "@alice, the cake has come")
    await page.locator(".toasts .toast").first.wait_for()
    return page


@state
async def room_empty(sign_in: Browsers) -> Page:
    page = await sign_in("alice")
    await enter(page, await make_room(page, "Nothing said yet"))
    return page


@state
async def room_private(sign_in: Browsers) -> Page:
    page = await sign_in("alice")
    await page.goto("/rooms/")
    await page.locator("#room-list li", has_text="Garden party").locator("a").click()
    await page.locator("#statistics-button").wait_for()
    return page


@state
async def room_private_settings(sign_in: Browsers) -> Page:
    page = await room_private(sign_in)
    await invite(page, page.url)
    return page


@state
async def invitation(sign_in: Browsers) -> Page:
    link = await invite(page := await room_private(sign_in), page.url)
    page = await sign_in("carol")
    await page.goto(link)
    return page


@state
async def removed(sign_in: Browsers) -> Page:
    owner, page = await sign_in("alice"), await sign_in("bob")
    room = await make_room(owner, "Surprise for Bob", "private")
    await page.goto(await invite(owner, room))
    await page.locator(".empty form button").click()
    await page.locator("#statistics-button").wait_for()
    await owner.goto(f"{room}settings/")
    await owner.locator("form[action$='/remove/'] button").click()
    await page.locator("#connection [data-when=removed]").wait_for()
    return page


@state
async def archived(sign_in: Browsers) -> Page:
    page = await sign_in("alice")
    room = await make_room(page, "Plans of last year")
    await page.goto(f"{room}settings/")
    if await page.locator("[name=archived][value=yes]").count():
        await page.locator("[name=archived]").click()
    await enter(page, room)
    return page


@state
async def archived_settings(sign_in: Browsers) -> Page:
    page = await archived(sign_in)
    await page.goto(f"{page.url}settings/")
    return page


@state
async def direct(sign_in: Browsers) -> Page:
    page = await sign_in("alice")
    await page.goto("/rooms/")
    await page.locator("#room-list li:has(.avatar)").locator("a").first.click()
    await page.locator("#statistics-button").wait_for()
    return page


@state
async def long_names(sign_in: Browsers) -> Page:
    page = await sign_in("alice")
    await enter(page, await make_room(page, "Long" + "ooo" * 18))
    await say(page, "/topic Everything that is much longer than anybody has thought of " + "o" * 60)
    await say(page, "A word of its own: " + "verylong" * 40)
    await page.locator(".message", has_text="verylong").last.wait_for()
    return page


@state
async def tasks(sign_in: Browsers) -> Page:
    """One that was cancelled, and one that runs."""
    page = await sign_in("alice")
    await page.goto("/tasks/")
    await page.locator("#tasks[data-live], .tasks-head button").first.wait_for()
    running = page.locator("#under-way .task[data-state=running]")
    for number in range(2):
        await page.locator(".tasks-head button").click()
        await running.nth(number).locator("progress[value]").wait_for()
    await running.first.locator("[data-command='task.cancel']").click()
    await page.mouse.move(0, 0)
    await page.locator("#ended .task[data-state=cancelled]").first.wait_for()
    return page
