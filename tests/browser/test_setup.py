"""`otto-bot setup` in a browser: the page leads to GitHub and back, and to nobody else's."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from bench.browser.visit import violations

sys.path.insert(0, str(Path(__file__).parents[1] / "setting_up"))
from browsing import address_of
from playing import command, environment, github, line_with


async def test_the_page_leads_to_github_and_back(browser: Any, axe: Path, tmp_path: Path) -> None:
    """Three buttons; nobody without its first visit sees it, and no other page's form changes anything."""
    home = tmp_path / "home"
    home.mkdir()
    with github(tmp_path) as there:
        argv = ("setup", "--github", there["github"], "--organization", "octo", "--port", "0")
        with command(*argv, cwd=home, env=environment()) as process:
            entry = address_of(await asyncio.to_thread(line_with, process, "http://127.0.0.1"))
            mine, others = await browser.new_context(), await browser.new_context()
            page, other = await mine.new_page(), await others.new_page()
            await page.goto(entry)
            assert await violations(page, axe) == []
            room = page.url
            for url in (entry, room, f"{room}back?code=x&state=x"):
                answer = await other.goto(url)
                assert answer.status == 403
            evil = await mine.new_page()
            await evil.set_content(f"<form method=post action='{room}back?code=x&state=x'><button>Win</button></form>")
            await evil.get_by_role("button").click()
            await expect(evil.get_by_role("heading")).to_have_text("That did not work")

            await page.get_by_role("button", name="Go to GitHub").click()
            await page.get_by_label("GitHub App name").fill("Otto Seen")
            await page.get_by_role("button", name="Create GitHub App").click()
            await expect(page.get_by_role("heading", level=1)).to_have_text("Install the App")
            assert page.url == room
            assert await violations(page, axe) == []
            async with mine.expect_page() as opening:
                await page.get_by_role("link", name="Install it").click()
            install = await opening.value
            await install.get_by_role("button", name="Install").click()
            await expect(page.get_by_role("heading", level=1)).to_have_text("Otto is set up", timeout=30_000)
            assert await asyncio.to_thread(process.wait, 30) == 0
            await mine.close()
            await others.close()
    assert "OTTO_POLL=true" in (home / ".env").read_text()
