"""Forms in a real browser: they work without a script, by the keyboard, on a phone, and a button is never silent."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from acting import reach_of, repo_of
from github_server import GitHub, github_server

from otto_bot.core import events as e
from otto_bot.playground.listening import listener

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CHROMIUM = shutil.which("chromium")
PHONE = {"viewport": {"width": 390, "height": 664}, "is_mobile": True, "has_touch": True}


@asynccontextmanager
async def serving(app: Any, listening: Any) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=2))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def browser() -> AsyncIterator[Any]:
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    async with playwright.async_playwright() as play:
        made = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield made
        finally:
            await made.close()


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with github_server(tmp_path_factory.mktemp("github")) as made:
        yield made


class Place:
    """A host at an address of its own, run 1 at a gate, and the browser."""

    def __init__(self, host: Any, url: str, chromium: Any, github: GitHub) -> None:
        self.host, self.url, self.github, self._chromium = host, url, github, chromium

    async def person(self, login: str = "wilma", **context: Any) -> Any:
        """A page of somebody who has logged in."""
        page = await (await self._chromium.new_context(**context)).new_page()
        page.set_default_timeout(15_000)
        await page.goto(f"{self.url}/login?next=/runs/1/gates/1")
        await page.get_by_text(f"Continue as {login}").click()
        await page.wait_for_url("**/runs/1/gates/1")
        return page

    @property
    def said(self) -> list[tuple[str, str]]:
        told = [item.event for item in self.host.ledger.events(1) if isinstance(item.event, e.CommandGiven)]
        return [(event.given.command.verb, event.given.command.guidance) for event in told]


@pytest.fixture
async def place(make_host: Any, github: GitHub) -> AsyncIterator[Place]:
    app = github.world.config.app
    with listener() as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        reach = reach_of(github, bound="127.0.0.1", public_url=url)
        host = make_host(reach, app_id=app.id, key=app.private_key_pem)
        host.at_gate(repo=repo_of(github))
        async with serving(host.app, listening), browser() as chromium:
            yield Place(host, url, chromium, github)
        await host.close()


async def test_everything_can_be_done_without_a_script(place: Place) -> None:
    page = await place.person(java_script_enabled=False)
    form = page.get_by_role("form", name="Try again")
    await form.get_by_label("Guidance").fill("Declare flask.")
    await form.get_by_role("checkbox", name="t1").check()
    await form.get_by_role("button").click()
    assert "Heard: You had t1 tried again with your guidance." in await page.locator("#said").inner_text()
    await page.goto(f"{place.url}/runs/1")
    await page.get_by_role("link", name="Stop the run").click()
    await page.get_by_role("button", name="Stop run 1").click()
    assert "Heard: You stopped the run." in await page.locator("#said").inner_text()
    assert place.said == [("retry", "Declare flask."), ("stop", "")]


async def test_ctrl_enter_sends_and_esc_closes(place: Place) -> None:
    page = await place.person()
    await page.goto(f"{place.url}/runs/1")
    details = page.locator("details.not-now")
    await details.locator("summary").click()
    assert await details.get_attribute("open") is not None
    assert await details.get_by_role("button", name="Go on").is_disabled()
    await page.keyboard.press("Escape")
    assert await details.get_attribute("open") is None
    await page.get_by_role("form", name="Try again").get_by_label("Guidance").fill("Declare flask.")
    await page.keyboard.press("Control+Enter")
    await page.locator("#said").wait_for()
    assert place.said == [("retry", "Declare flask.")]


async def becomes(page: Any, words: str) -> Any:
    """The button of the form *Pause* when it reads so; asked in the page, as a navigation is on its way."""
    read = """() => {
      const button = document.querySelector("form[aria-label=Pause] button");
      const beside = button.parentElement.querySelector("[role=status]");
      return [button.textContent, {disabled: button.disabled, beside: beside ? beside.textContent : ""}];
    }"""
    await page.wait_for_function(f"({read})()[0] === '{words}'")
    return (await page.evaluate(read))[1]


async def test_a_button_says_that_it_was_pressed_and_wakes_up_where_no_answer_comes(place: Place) -> None:
    page = await place.person()
    await page.clock.install()
    # What a connection without an answer is to the page: it stays where it is.
    await page.add_init_script("window.addEventListener('submit', (event) => event.preventDefault())")
    await page.goto(f"{place.url}/runs/1")
    button = page.get_by_role("form", name="Pause").get_by_role("button")
    await button.click(no_wait_after=True)
    assert await becomes(page, "Sending …") == {"disabled": True, "beside": ""}
    await page.clock.fast_forward(16_000)
    told = await becomes(page, "Pause")
    assert told == {"disabled": False, "beside": "No answer yet: press again, it counts once."}
    assert place.said == []


async def test_a_double_click_in_a_browser_is_one_action(place: Place) -> None:
    page = await place.person()
    await page.goto(f"{place.url}/runs/1")
    await page.get_by_role("button", name="Allow more").dblclick()
    await page.locator("#said").wait_for()
    assert place.said == [("budget", "")]


async def test_no_button_is_cut_off_on_a_phone(place: Place, tmp_path: Path) -> None:
    page = await place.person(**PHONE)
    for path in ("/runs/1", "/runs/1/gates/1", "/runs/1/tasks/t1", "/runs/1/stop", "/new"):
        await page.goto(f"{place.url}{path}")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, path
        for one in await page.locator("button:visible, a.button:visible").all():
            box = await one.bounding_box()
            assert box is not None
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390, (path, await one.inner_text())
        await page.screenshot(path=str(tmp_path / f"{path.replace('/', '_')}.png"), full_page=True)


async def test_a_run_is_begun_in_the_browser_and_the_page_leads_to_it(place: Place) -> None:
    page = await place.person()
    await page.goto(f"{place.url}/new")
    assert "Will run with: planner" in await page.locator("#with").inner_text()
    form = page.get_by_role("form", name="Build")
    await form.get_by_label("Title").fill("Say hello")
    await form.get_by_label("What exactly").fill("In the log.")
    await page.keyboard.press("Control+Enter")
    await page.get_by_text("stands, opened by you").wait_for()
    (issue,) = [row for row in place.github.world.issues if row.title == "Say hello"]
    run = place.host.start(issue.number, "Say hello", repo=repo_of(place.github))
    await page.wait_for_url(f"**/runs/{run.id}")
