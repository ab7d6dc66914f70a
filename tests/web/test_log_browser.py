"""A log of 200 MB in a real browser: what it holds stays the same, whatever is read of it."""

from __future__ import annotations

import asyncio
import resource
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from core_builders import started
from test_attempt_pages import turn
from test_log_pages import GitHub

from otto_bot.store.transcripts import turns_key

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(300)]
CHROMIUM = shutil.which("chromium")
MB = 1_000_000
RING = 1024 * 1024


class Large(GitHub):
    """A log that is made while it is read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.add(9, b"")
        self.size = size

    async def _parts(self, found: list[bytes]) -> AsyncIterator[bytes]:
        line, made = 0, 0
        while made < self.size:
            chunk = b"".join(
                b"2026-11-29T10:00:00.0000000Z \x1b[32mPASSED\x1b[0m test_%d of the suite, quietly\n" % n
                for n in range(line + 1, line + 1001)
            )
            line, made = line + 1000, made + len(chunk)
            yield chunk


@asynccontextmanager
async def serving(host: Any) -> AsyncIterator[str]:
    config = uvicorn.Config(host.app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def browsing(**context: Any) -> AsyncIterator[Any]:
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    async with playwright.async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = await (await browser.new_context(**context)).new_page()
            page.set_default_timeout(20_000)
            yield page
        finally:
            await browser.close()


async def heap(page: Any) -> int:
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    await session.detach()
    return int(used)


async def held(page: Any) -> dict[str, int]:
    told = await page.evaluate("({...document.getElementById('log-counts').dataset})")
    return {name: int(value) for name, value in told.items()}


async def whole(host: Any, url: str) -> Any:
    """Wait until the log is here; others are answered meanwhile."""
    while True:
        assert (await host.http.get("/healthz")).status_code == 200
        told = (await host.http.get(f"{url}/part?tail=1&most=4096")).json()
        if told["final"]:
            return told
        await asyncio.sleep(0.1)  # what is asked all the time would be measured itself


async def test_logs_of_200_mb_in_a_browser(host: Any) -> None:
    """Two hundred megabytes: kept in a file, read from end to beginning, searched; the page's heap does not grow."""
    host.at_gate()
    host.logs.desk._jobs._ask = Large(200 * MB)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    told = await whole(host, "/runs/1/logs/9")

    assert told["size"] > 200 * MB
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000, f"{grown} kB more memory for a log that lies in a file"
    for line in (1, 1_000_000, 2_000_000):
        assert len(await host.page(f"/runs/1/logs/9?line={line}")) < 150_000
    async with serving(host) as url, browsing() as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(f"{url}/runs/1/logs/9")
        await page.get_by_text("Final: ").wait_for()
        await page.locator("#log-box .part").first.wait_for()
        at = "document.getElementById('log-box')"
        assert await page.evaluate(f"{at}.scrollHeight - {at}.scrollTop - {at}.clientHeight") < 2
        assert (await held(page))["after"] == 0
        assert "done" in (await page.locator("#log-state").get_attribute("class") or "")
        first = await heap(page)
        for _ in range(40):
            before = (await held(page))["before"]
            await page.evaluate("document.getElementById('log-box').scrollTop = 0")
            await page.locator(f'#log-counts:not([data-before="{before}"])').wait_for(state="attached")
        last = await heap(page)
        now = await held(page)
        assert now["after"] > 0
        assert now["held"] <= RING
        assert last - first < 20 * MB, f"the heap grew by {(last - first) / MB:.1f} MB"
        await page.get_by_role("button", name="First lines").click()
        await page.get_by_text("test_1 of the suite").wait_for()
        await page.keyboard.press("/")
        await page.keyboard.type("test_2000000 of")
        await page.keyboard.press("Enter")
        await page.locator("mark").wait_for()
        assert "test_2000000 of the suite" in (await page.locator("mark").text_content() or "")
        assert "Match 1 of 1, line 2,000,000." in (await page.locator("#log-found").text_content() or "")
        await page.get_by_role("searchbox").or_(page.get_by_label("Words in the log")).first.focus()
        await page.keyboard.press("Escape")
        assert await page.evaluate("document.activeElement.id") == "log-box"
        assert await page.locator("#log-box .c2").count() > 0
        assert wrong == []


async def test_logs_a_citation_in_a_browser(host: Any) -> None:
    """From the gate to the marked line, on a phone, without anything that sticks out."""
    host.at_gate()
    host.logs.desk._jobs._ask = Large(1 * MB)
    async with serving(host) as url, browsing(viewport={"width": 390, "height": 664}) as page:
        await page.goto(f"{url}/runs/1/gates/1")
        await page.get_by_role("link", name="open the log here").first.click()
        await page.locator("#log-box mark").wait_for()

        assert "test_21 of" in (await page.locator("#log-box mark").text_content() or "")
        assert await page.locator("#log-box mark").count() == 1
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        box = await page.locator("#log-box mark").bounding_box()
        assert box is not None
        assert 0 < box["y"] < 664 or await page.evaluate("document.getElementById('log-box').scrollTop") > 0


async def test_logs_without_a_script_in_a_browser(host: Any) -> None:
    host.at_gate()
    host.logs.desk._jobs._ask = Large(1 * MB)
    async with serving(host) as url, browsing(java_script_enabled=False) as page:
        await page.goto(f"{url}/runs/1/logs/9?line=21")

        assert "test_21 of" in (await page.locator("mark").text_content() or "")
        await page.get_by_role("link", name="Later lines").click()
        await page.get_by_label("Words in the log").fill("test_5000 of")
        await page.get_by_role("button", name="Search").click()
        assert "test_5000 of" in (await page.locator("mark").text_content() or "")


async def test_logs_in_a_browser_poll_only_while_there_is_something_to_hear(host: Any) -> None:
    """A job that runs is looked at; after errors the pauses grow, with a button; a log that is final is left alone."""
    host.at_gate()
    github = Large(1 * MB)
    github.add(9, b"", status="in_progress")
    host.logs.desk._jobs._ask = github
    async with serving(host) as url, browsing() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/part" in request.url else None)
        await page.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
        await page.goto(f"{url}/runs/1/logs/9")
        await page.get_by_text("this one is in progress").wait_for()
        async with page.expect_response("**/part*"):
            await page.clock.pause_at(datetime(2026, 1, 1, 1, tzinfo=UTC))
        await page.get_by_text("last update").wait_for()
        async with page.expect_response("**/part*"):
            await page.clock.run_for(2_100)
        await page.wait_for_timeout(200)
        await page.route("**/part*", lambda route: route.abort())
        for seconds in (2, 5, 15, 30):
            await page.clock.run_for(2_100 if seconds == 2 else 0)
            await page.get_by_text(f"Again in {seconds} s.").wait_for()
            count = len(asked)
            await page.clock.run_for(seconds * 1000 - 200)
            assert len(asked) == count, f"it did not wait {seconds} s"
            async with page.expect_request("**/part*"):
                await page.clock.run_for(300)
        await page.unroute("**/part*")
        github.add(9, b"")
        host.logs.desk._jobs._said.clear()
        await page.get_by_role("button", name="Retry").click()
        await page.get_by_text("Final: ").wait_for()
        assert await page.locator("#log-retry").is_hidden()
        await page.wait_for_function("document.querySelector('#log-box .part') !== null")
        count = len(asked)
        await page.clock.run_for(120_000)
        assert len(asked) <= count + 1


async def test_logs_ten_minutes_of_a_live_log_in_a_browser(host: Any) -> None:
    """By the page's clock: a coder writes 100 kB every six seconds, the page follows, and its heap stays as it was."""
    run = host.add(host.executing(), started("t1"))
    key = turns_key(run.id, "t1", 1)
    body = "x = 1  # one more line of a file that a tool has read\n" * 1_800
    number = 0

    def write() -> None:
        nonlocal number
        number += 1
        said = turn(number, tool_results=[{"type": "tool_result", "content": body}])
        host.archive.save_turn(key, number, said, datetime.now(UTC))

    write()
    async with serving(host) as url, browsing() as page:
        await page.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
        await page.goto(f"{url}/runs/1/tasks/t1/attempts/1/log")
        await page.get_by_text("Live: ").wait_for()
        await page.locator("#log-box .part").first.wait_for()
        await page.clock.pause_at(datetime(2026, 1, 1, 1, tzinfo=UTC))
        used: list[int] = []
        for _ in range(100):
            write()
            async with page.expect_response("**/part*"):
                await page.clock.run_for(6_000)
            if number % 20 == 0:
                used.append(await heap(page))
        await page.clock.run_for(10_000)
        now = await held(page)

        assert now["held"] <= RING
        assert now["before"] > 8 * MB
        assert max(used) - used[0] < 20 * MB, used
        assert await page.locator("#log-box .part").count() < 40


async def test_logs_in_a_browser_that_nobody_sees_are_not_asked_for(host: Any) -> None:
    host.at_gate()
    github = Large(1 * MB)
    github.add(9, b"", status="in_progress")
    host.logs.desk._jobs._ask = github
    hide = (
        "v => { Object.defineProperty(document, 'hidden', {value: v, configurable: true}); "
        "document.dispatchEvent(new Event('visibilitychange')); }"
    )
    async with serving(host) as url, browsing() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/part" in request.url else None)
        await page.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
        await page.goto(f"{url}/runs/1/logs/9")
        async with page.expect_response("**/part*"):
            await page.clock.pause_at(datetime(2026, 1, 1, 1, tzinfo=UTC))
        await page.evaluate(hide, arg=True)
        await page.clock.run_for(1_000)
        count = len(asked)
        await page.clock.run_for(60_000)
        assert len(asked) == count
        async with page.expect_response("**/part*"):
            await page.evaluate(hide, arg=False)
