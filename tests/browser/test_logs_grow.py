"""Contract "Logs": a live log of any size does not grow its page; the long form of it is `make bench-browser`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import expect

from bench.browser.growing import MB, RING, Growing, heap, held
from bench.browser.visit import visiting

GROWTH, ROUNDS, EACH = 20 * MB, 4, 1 * MB


async def test_logs_that_grow_do_not_grow_their_page(browser: Any, tmp_path: Path) -> None:
    """Many times what the ring holds comes in while the page is open: it shows the newest, and says what it dropped."""
    async with Growing(tmp_path) as log, visiting(browser, log.url) as visit:
        await log.grow(2 * MB)
        page = await visit.open(log.path)
        await expect(page.locator("#log-state")).to_contain_text("Live: ")
        await log.shown(page)
        first = await heap(page)
        for _ in range(ROUNDS):
            await log.grow(EACH)
            await log.shown(page)
            assert await held(page) <= RING
        grown = await heap(page) - first
        assert grown <= GROWTH, f"{grown / MB:.1f} MB"
        told = await page.evaluate("({...document.getElementById('log-counts').dataset})")
        assert int(told["before"]) > 3 * MB
