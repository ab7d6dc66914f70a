"""A run of the playground that waits for a person: its logs, its diffs, two people at its gate, what follows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from forks import ForkServer
from played import Reader, until_rest
from playwright.async_api import Page, expect
from test_reachable import CLIPPED, SIDEWAYS

from bench.browser.pages import LOG_LINK, OF_GITHUB
from bench.browser.visit import log_in, violations, visiting
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.scenario import find, load

GATE = "/runs/1/gates/1"
APPROVE = "Approve retry plan r2"
END_MS = 60_000


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asks(forks: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playground]:
    """Two tasks have failed; the retry plan stands, and nobody has said yes yet."""
    root = tmp_path_factory.mktemp("asks") / "play"
    (root / "state").mkdir(parents=True)
    scenario = replace(load(find("gate-approval")), people=())
    with contextlib.closing(Reader(f"sqlite:///{root / 'state' / 'otto.sqlite'}")) as reads:
        async with Playground(scenario, root, launch=forks.launch, reads=reads) as play:
            await play.label()
            await asyncio.wait_for(until_rest(play), scenario.script.time_limit)
            yield play


def url_of(play: Playground) -> str:
    assert play.bot is not None
    return play.bot.url


async def test_logs_every_citation_opens_the_exact_lines(asks: Playground, browser: Any) -> None:
    """From the quote at the gate to the line in the job's own log, which says that it is whole and how large."""
    async with visiting(browser, url_of(asks)) as visit:
        page = await visit.open(GATE)
        quote = "ValueError: max()"
        await expect(page.get_by_role("region", name="Why each task failed")).to_contain_text(quote)
        await page.get_by_role("link", name=LOG_LINK).first.click()
        await expect(page.locator("#log-state")).to_contain_text("Final: ")
        await expect(page.locator("#log-box mark").first).to_be_visible()
        assert "ValueError" in "".join(await page.locator("#log-box mark").all_inner_texts())
        await page.get_by_label("Words in the log").fill("ValueError")
        await page.keyboard.press("Enter")
        await expect(page.locator("#log-found")).to_contain_text("Match 1 of")


async def test_diff_freshness_says_between_what_when_and_how_much(asks: Playground, browser: Any) -> None:
    async with visiting(browser, url_of(asks)) as visit:
        page = await visit.open("/runs/1/tasks/t1/diff")
        head = page.get_by_role("region", name="Between")
        for term in ("Base", "Head", "They parted at", "Looked at", "Shown", "All of it"):
            await expect(head.get_by_role("term").filter(has_text=term).first).to_be_visible()
        shas = await head.locator("code").all_inner_texts()
        assert sum(len(one) == 40 for one in shas) >= 2
        assert any(one.startswith("git ") for one in shas)
        await expect(page.get_by_role("region", name="Files")).to_contain_text("textstats/longest.py")


@pytest.mark.parametrize("mode", ["light", "phone"])
async def test_reachable_logs_diffs_and_new_run(asks: Playground, browser: Any, axe: Path, mode: Any) -> None:
    async with visiting(browser, url_of(asks), mode) as visit:
        await log_in(visit, "maintainer")
        page = await visit.open(GATE)
        log = await page.get_by_role("link", name=LOG_LINK).first.get_attribute("href")
        for path in (*OF_GITHUB.values(), log, "/new", "/runs/1/tasks/t1/diff"):
            page = await visit.open(str(path), page)
            found = [*await violations(page, axe), *await page.evaluate(CLIPPED)]
            assert found == [], path
            assert await page.evaluate(SIDEWAYS) <= 0, path


async def test_two_people_at_the_same_gate_and_the_open_page_goes_on_by_itself(asks: Playground, browser: Any) -> None:
    """One wins, the other is told what happened; a third, who only looks, sees the run go on, each event once."""
    url = url_of(asks)
    async with visiting(browser, url) as one, visiting(browser, url) as other, visiting(browser, url) as third:
        for visit in (one, other):
            visit.expected.append("status of 409")
        watching = await third.open("/runs/1")
        await watching.evaluate("window.mine = 'still here'")
        pages = [await log_in(one, "maintainer", GATE), await log_in(other, "erin", GATE)]
        await asyncio.gather(*(page.get_by_role("button", name=APPROVE).click() for page in pages))
        await asyncio.gather(*(expect(page.get_by_role("heading", level=1)).to_be_visible() for page in pages))
        said = [await page.get_by_role("main").inner_text() for page in pages]
        assert sorted("Heard: You approved r2." in words for words in said) == [False, True], said
        late = next(words for words in said if "Heard: You approved r2." not in words)
        assert "Nothing was done" in late
        assert "approved r2" in late
        await expect(watching.locator("#events")).to_contain_text("t1 attempt 2: a coder starts", timeout=END_MS)
        assert await watching.evaluate("window.mine") == "still here"
        await expect(watching.get_by_text("The run moved on since this page was loaded")).to_be_visible()
        await _each_once(watching)


async def _each_once(page: Page) -> None:
    """The rows of the open page are those of a page that is loaded now, up to where it was."""
    numbers = page.locator("#events th")
    seen = await numbers.all_inner_texts()
    assert len(seen) == len(set(seen))
    await page.reload()
    fresh = [one for one in await numbers.all_inner_texts() if int(one) <= int(seen[0])]
    assert seen[: len(fresh)] == fresh
