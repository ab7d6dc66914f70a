"""A browser as a careful visitor has it: whatever a page should not do is written down and fails the test."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    ViewportSize,
    async_playwright,
)

Mode = Literal["light", "dark", "phone"]
MODES: tuple[Mode, ...] = ("light", "dark", "phone")
WIDE: ViewportSize = {"width": 1080, "height": 700}
PHONE: ViewportSize = {"width": 390, "height": 664}
WAIT_MS = 15_000
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-precise-memory-info",
)  # fmt: skip
SERIOUS = ("serious", "critical")
NAMES = ("chromium", "chromium-browser", "google-chrome")


class NoChromium(RuntimeError):
    """There is no browser here; the text says what to install."""


def chromium() -> str:
    """Where the system's Chromium is. Raises NoChromium."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise NoChromium("no Chromium: install Debian's package chromium")


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """The browser, without a window; each visitor has a profile of their own in it. Raises NoChromium."""
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


class Visit:
    """One person's tabs at one server, and what went wrong in them."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base
        self.wrong: list[str] = []
        self.expected: list[str] = []
        """Parts of console messages that belong to what a test does, such as a refused form."""
        context.on("dialog", self._dialog)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.wrong.append(f"error in a script: {error.error}"))
        context.on("request", self._request)

    async def open(self, path: str = "/", page: Page | None = None) -> Page:
        """A page of the server, loaded; in a new tab unless one is given."""
        page = page or await self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        await page.goto(f"{self.base}{path}", wait_until="load")
        return page

    def problems(self) -> list[str]:
        """Everything that went wrong and was not expected."""
        return [one for one in self.wrong if not any(known in one for known in self.expected)]

    async def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        where = str(message.location.get("url", ""))
        ours = not where.startswith("http") or where.startswith(self.base)  # the stand-in for GitHub has its own page
        if message.type in ("error", "warning") and ours:
            self.wrong.append(f"console: {message.text} ({where})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "about") and parts.hostname not in ("127.0.0.1", "localhost"):
            self.wrong.append(f"asked a foreign host: {request.url}")


@asynccontextmanager
async def visiting(
    browser: Browser, base: str, mode: Mode = "light", *, scripts: bool = True, **more: Any
) -> AsyncIterator[Visit]:
    """A visitor with a profile of their own; fails afterwards where a page did what it should not."""
    phone = mode == "phone"
    context = await browser.new_context(
        viewport=PHONE if phone else WIDE, is_mobile=phone, has_touch=phone, java_script_enabled=scripts,
        color_scheme="dark" if mode == "dark" else "light", reduced_motion="reduce", locale="en-GB",
        timezone_id="UTC", **more,
    )  # fmt: skip
    visit = Visit(context, base)
    try:
        yield visit
    finally:
        await context.close()
    assert not visit.problems(), "\n".join(visit.problems())


async def violations(page: Page, axe: Path, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds serious on a page, and where, by all rules or by some.

    It runs beside the page's own policy, which allows no such script.
    """
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": await asyncio.to_thread(axe.read_text, "utf-8")})
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    asked = f"axe.run(document, {json.dumps(options)}).then(r => JSON.stringify(r.violations))"
    found = await session.send("Runtime.evaluate", {"expression": asked, "awaitPromise": True})
    await session.detach()
    return [
        f"{page.url}: {one['id']} ({one['impact']}): {node['html'][:160]} {node.get('failureSummary', '')}"
        for one in json.loads(found["result"]["value"])
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


async def log_in(visit: Visit, login: str, to: str = "/") -> Page:
    """One person, from the link on a page through the question of GitHub's stand-in back to what they wanted."""
    page = await visit.open(f"/login?next={to}")
    await page.get_by_role("link", name=f"Continue as {login}").click()
    await page.wait_for_url(f"{visit.base}/**")
    return page
