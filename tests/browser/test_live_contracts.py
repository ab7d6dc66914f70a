"""Contracts of live pages: events come without a reload, each once, also after a break; "Connection" and "Boot"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from browser_acting import Acting
from browser_host import Served
from browser_runs import Filled, web_tests
from playwright.async_api import Page, expect

from bench.browser.visit import visiting
from otto_bot.core import events as e

LOST_MS = 30_000
"""Two pauses of 2 and 5 seconds lie between three failures."""


class Live:
    """A host with a run at work, and its ledger, to which a test adds what happens."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._ledger = Acting(served, None).ledger()
        self._t0 = web_tests().build.T0

    def happen(self, *words: str) -> None:
        """Something telling happens, once for each."""
        self._ledger.append(1, [e.Parked(at=self._t0, why="runs", reason=one) for one in words], self._t0)

    def refused(self, words: str) -> None:
        """The run waits for a person."""
        self._ledger.append(1, [e.Refused(at=self._t0, reason=words, reply="/otto resume")], self._t0)


@pytest_asyncio.fixture(loop_scope="session")
async def live(serve: Any, sqlite_template: Path) -> Any:
    """The host."""
    served = await serve(sqlite_template, started=False)
    filled = Filled(served.database)
    filled.host.executing()
    await filled.close()
    await served.start()
    yield Live(served)
    await served.stop()


async def rows(page: Page) -> list[str]:
    """The events of the timeline that a test has added, newest first."""
    return [words for words in await page.locator("#events td:nth-of-type(2)").all_inner_texts() if "number" in words]


async def test_connection_events_come_without_a_reload_each_once_also_after_a_break(live: Live, browser: Any) -> None:
    """The server is killed and started again in the middle; the page stays the same page."""
    async with visiting(browser, live.served.url) as visit:
        visit.expected += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET"]
        page = await visit.open("/runs/1")
        await page.evaluate("window.mine = 'still here'")
        live.happen("number one;", "number two;")
        await expect(page.locator("#events")).to_contain_text("number two;")
        await live.served.kill()
        live.happen("number three;")
        await live.served.start()
        live.happen("number four;")
        await expect(page.locator("#events")).to_contain_text("number four;", timeout=LOST_MS)
        await live.served.stop()
        live.happen("number five;")
        await live.served.start()
        await expect(page.locator("#events")).to_contain_text("number five;", timeout=LOST_MS)
        live.refused("number six: allow `ci.yml`?")
        await expect(page.locator("#why")).to_contain_text("number six")
        names = ("six", "five", "four", "three", "two", "one")
        assert [next(n for n in names if n in words) for words in await rows(page)] == list(names)
        assert await page.evaluate("window.mine") == "still here"
        assert await page.get_by_role("status").filter(has_text="number six").count() >= 1


async def test_connection_after_three_failures_a_banner_with_retry_gone_at_the_first_success(
    live: Live, browser: Any
) -> None:
    async with visiting(browser, live.served.url) as visit:
        visit.expected += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET"]
        page = await visit.open("/runs/1")
        await expect(page.locator("#live")).to_be_visible()
        banner = page.get_by_role("alert")
        await live.served.stop()
        await expect(banner.get_by_role("button")).to_be_visible(timeout=LOST_MS)
        assert "Retry" in await banner.inner_text()
        await live.served.start()
        await banner.get_by_role("button").click()
        await expect(banner.get_by_role("button")).to_have_count(0)
        live.happen("number seven;")
        await expect(page.locator("#events")).to_contain_text("number seven;")


async def test_connection_a_list_of_runs_follows_too_and_no_worker_is_said_when_it_becomes_so(
    live: Live, browser: Any
) -> None:
    async with visiting(browser, live.served.url) as visit:
        page = await visit.open("/")
        live.refused("may I?")
        await expect(page.locator("tbody tr").first).to_contain_text("may I?")
        await expect(page.get_by_text("no worker was heard of for 30 seconds")).to_be_visible()


async def test_boot_nothing_can_be_clicked_before_its_state_is_known(live: Live, browser: Any) -> None:
    """Where the scripts do not come, no button is there that would stay silent; once they came, all of them act."""
    silent = """() => [...document.querySelectorAll('button:not(:disabled)')].filter(
      one => one.checkVisibility() && !one.form).map(one => one.outerHTML)"""
    async with visiting(browser, live.served.url) as visit:
        visit.expected.append("ERR_FAILED")
        await visit.context.route("**/static/*.js", lambda route: route.abort())
        for path in ("/", "/runs/1", "/runs/1/tasks/t1", "/health", "/insight"):
            page = await visit.open(path)
            assert await page.evaluate(silent) == []
        await visit.context.unroute("**/static/*.js")
        page = await visit.open("/runs/1")
        await expect(page.locator("html")).to_have_attribute("data-ready", "yes")


@pytest.mark.parametrize("path", ["/runs/1", "/"])
async def test_connection_a_hidden_page_asks_nothing(live: Live, browser: Any, path: str) -> None:
    async with visiting(browser, live.served.url) as visit:
        page = await visit.open(path)
        await expect(page.locator("#live")).to_be_visible()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', {get: () => true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        other = await visit.open("/runs/1")
        live.happen("number eight;")
        await expect(other.locator("#events")).to_contain_text("number eight;")  # whoever looks has it by now
        assert asked == []
        assert "number eight" not in await page.content()
