"""Contracts of acting, with real clicks and keys: one press one action, what stood on the screen, never silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from browser_acting import GATE, RUN, Acting, fill_gate, login_settings, stand_in
from browser_runs import waiting
from playwright.async_api import Page, expect

from bench.browser.visit import log_in, violations, visiting

APPROVE = "Approve retry plan r2"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def github(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """One stand-in for all tests of this file; a run of each test is in its own host."""
    async with stand_in(tmp_path_factory.mktemp("stand-in")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def acting(serve: Any, sqlite_template: Path, github: Any, tmp_path: Path) -> AsyncIterator[Acting]:
    """A host with a run that waits at a gate."""
    served = await serve(sqlite_template, started=False, **login_settings(github, tmp_path))
    await fill_gate(served.database, github)
    await served.start()
    yield Acting(served, github)
    await served.stop()


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


async def test_double_clicks_are_one_action(acting: Acting, browser: Any) -> None:
    async with visiting(browser, acting.url) as visit:
        page = await log_in(visit, "wilma", GATE)
        await button(page, APPROVE).dblclick(no_wait_after=True)
        await expect(page.get_by_text("Heard: You approved r2.")).to_be_visible()
        assert acting.said() == [("wilma", "approve")]
        await page.go_back()
        await page.reload()
        assert acting.said() == [("wilma", "approve")]


async def test_two_people_at_once_on_the_same_gate_one_wins_and_the_other_is_told(acting: Acting, browser: Any) -> None:
    async with visiting(browser, acting.url) as one, visiting(browser, acting.url) as other:
        for visit in (one, other):
            visit.expected.append("status of 409")
        mine, theirs = await log_in(one, "wilma", GATE), await log_in(other, "maria", GATE)
        form = theirs.get_by_role("form", name="Try again")
        await form.get_by_role("textbox").fill("Declare flask.")
        await asyncio.gather(button(mine, APPROVE).click(), form.get_by_role("button", name="Try again").click())
        won, lost, name = (
            (mine, theirs, "wilma") if acting.said() == [("wilma", "approve")] else (theirs, mine, "maria")
        )
        assert len(acting.said()) == 1
        await expect(won.get_by_text("Heard: You")).to_be_visible()
        await expect(lost.get_by_role("heading", level=1)).to_have_text("Nothing was done: the run moved on")
        await expect(lost.get_by_role("main")).to_contain_text(f"{name} ", ignore_case=True)
        assert "409" not in await lost.get_by_role("main").inner_text()
        await lost.get_by_role("link", name="Look again").click()
        await expect(lost.get_by_role("heading", level=1)).to_contain_text("Gate 1")


async def test_errors_are_advice_where_the_run_moved_on_and_keep_what_was_typed(acting: Acting, browser: Any) -> None:
    async with visiting(browser, acting.url) as visit:
        visit.expected.append("status of 409")
        old = await log_in(visit, "wilma", GATE)
        new = await visit.open(GATE)
        await button(new, APPROVE).click()
        await expect(new.get_by_text("Heard: You approved r2.")).to_be_visible()
        form = old.get_by_role("form", name="Try again")
        await form.get_by_role("textbox").fill("Declare flask in setup.cfg.")
        await form.get_by_role("button", name="Try again").click()
        await expect(old.get_by_role("alert").filter(has_text="Look again")).to_be_visible()
        assert "Declare flask in setup.cfg." in await old.content()
        assert acting.said() == [("wilma", "approve")]


async def test_reachable_keyboard_ctrl_enter_sends_and_escape_closes(acting: Acting, browser: Any) -> None:
    async with visiting(browser, acting.url) as visit:
        page = await log_in(visit, "wilma", RUN)
        details = page.locator("details.not-now")
        await details.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(details).to_have_attribute("open", "")
        await page.keyboard.press("Escape")
        assert await details.get_attribute("open") is None
        form = page.get_by_role("form", name="Try again")
        await form.get_by_role("textbox").focus()
        await page.keyboard.type("Declare flask.")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_text("Heard: You")).to_be_visible()
        assert acting.said() == [("wilma", "retry")]


async def test_errors_a_disabled_button_says_why(acting: Acting, filled: Any, browser: Any) -> None:
    """Without a login, as a reader, and as a writer: what cannot be pressed is described by its reason."""
    reasons = """() => [...document.querySelectorAll('button:disabled')].map(
      one => document.getElementById(one.getAttribute('aria-describedby'))?.textContent.trim() || '')"""
    local = await filled(waiting)
    async with visiting(browser, local.url) as nobody, visiting(browser, acting.url) as visit:
        for page in (await nobody.open(RUN), await log_in(visit, "rob", RUN), await log_in(visit, "wilma", RUN)):
            found = await page.evaluate(reasons)
            assert found, await page.get_by_role("main").inner_text()
            assert all(len(words) > 10 for words in found), found


async def test_access_only_who_writes_acts_and_a_reader_is_told(acting: Acting, browser: Any) -> None:
    async with visiting(browser, acting.url) as visit:
        page = await log_in(visit, "rob", GATE)
        await expect(page.get_by_role("main")).to_contain_text("not write there")
        assert await page.get_by_role("button", disabled=False).filter(has_text="Approve").count() == 0
    async with visiting(browser, acting.url) as visit:
        visit.expected += ["status of 404"]
        page = await log_in(visit, "olga", "/")
        assert await page.get_by_text("Let links expire").count() == 0
        page = await visit.open(RUN)
        await expect(page.get_by_role("main")).not_to_contain_text("Let links expire")


async def test_access_a_form_of_another_session_acts_for_nobody(acting: Acting, browser: Any) -> None:
    async with visiting(browser, acting.url) as visit:
        visit.expected.append("status of 403")
        page = await log_in(visit, "wilma", GATE)
        await page.evaluate("document.querySelectorAll('[name=csrf]').forEach(one => { one.value = 'guessed' })")
        await button(page, APPROVE).click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert acting.said() == []
        cookies = [one for one in await visit.context.cookies() if one["name"].endswith("otto")]
        assert [(one["httpOnly"], one["sameSite"]) for one in cookies] == [(True, "Lax")]


async def test_reachable_without_scripts_people_act_too(acting: Acting, browser: Any) -> None:
    async with visiting(browser, acting.url, scripts=False) as visit:
        page = await log_in(visit, "wilma", GATE)
        await button(page, APPROVE).click()
        await expect(page.get_by_text("Heard: You approved r2.")).to_be_visible()
        page = await visit.open(RUN)
        await page.get_by_role("link", name="Stop the run …").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Stop run 1?")
        await button(page, "Stop run 1").click()
        await expect(page.get_by_text("Heard: You stopped the run.")).to_be_visible()
        assert acting.said() == [("wilma", "approve"), ("wilma", "stop")]


async def test_no_worker_a_new_run_stays_possible_and_says_it_will_queue(acting: Acting, browser: Any) -> None:
    """Before one line is sent it says what it will run with; sending opens the issue as that person, once."""
    async with visiting(browser, acting.url) as visit:
        page = await log_in(visit, "wilma", "/new")
        await expect(page.locator("#with")).to_contain_text("planner")
        await expect(page.locator("#with")).to_contain_text("no worker")
        form = page.get_by_role("form").filter(has=page.locator("[name=title]"))
        await form.locator("[name=title]").fill("Let links expire after a day")
        await form.locator("textarea").fill("They live forever.")
        await form.locator("textarea").press("Control+Enter")
        await expect(page.locator("#sent")).to_be_visible()
        world = acting.github.world
        assert [one.author for one in world.issues if "after a day" in one.title] == ["wilma"]


async def test_reachable_for_people_who_may_act(acting: Acting, browser: Any, axe: Path) -> None:
    """Forms are seen by axe too, and nothing of them is cut off on a phone."""
    from test_reachable import CLIPPED, SIDEWAYS

    for mode in ("light", "phone"):
        async with visiting(browser, acting.url, mode) as visit:
            await log_in(visit, "wilma")
            for path in (RUN, GATE, "/runs/1/tasks/t1", "/runs/1/stop", "/new"):
                page = await visit.open(path)
                assert await violations(page, axe) == []
                if mode == "phone":
                    assert await page.evaluate(CLIPPED) == []
                    assert await page.evaluate(SIDEWAYS) <= 0
                await page.close()
