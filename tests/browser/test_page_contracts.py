"""Contracts "No worker", "Boot", "Errors", "Assets", "Access", and words of others, as a browser meets them."""

from __future__ import annotations

from typing import Any

from browser_host import GITHUB
from browser_runs import hostile, many, waiting
from playwright.async_api import Page, Response

from bench.browser.pages import LOST, PAGES
from bench.browser.visit import Visit, visiting

LARGEST = 150_000
PLACES = ("/", "/?page=300", "/?text=links&state=over", "/runs/1", "/insight")
REFERRED = "() => [...document.querySelectorAll('link[href], script[src], img[src]')].map(one => one.href || one.src)"
INLINE = """() => new Promise(done => {
  document.addEventListener('securitypolicyviolation', broken => done(broken.effectiveDirective), {once: true})
  const script = document.createElement('script')
  script.textContent = 'window.ran = true'
  document.head.append(script)
  setTimeout(() => done(window.ran ? 'it ran' : 'nothing was said'), 5000)
})"""


async def answers(visit: Visit, path: str) -> tuple[Page, Response]:
    """A page and the answer that it came with."""
    page = await visit.context.new_page()
    answer = await page.goto(f"{visit.base}{path}", wait_until="load")
    assert answer is not None
    return page, answer


async def test_no_worker_is_said_on_every_page_with_the_command_that_starts_one(filled: Any, browser: Any) -> None:
    host = await filled(waiting)
    async with visiting(browser, host.url) as visit:
        for path in ("/", "/runs/1", "/insight", "/health"):
            page = await visit.open(path)
            banner = page.get_by_role("status").filter(has_text="no worker was heard of for 30 seconds")
            assert await banner.locator("code").inner_text() == "otto-bot worker", path


async def test_no_worker_is_not_said_where_nothing_waits(demo: Any, browser: Any) -> None:
    async with visiting(browser, demo.url) as visit:
        page = await visit.open("/")
        assert await page.get_by_text("no worker was heard of").count() == 0


async def test_boot_the_first_run_explains_itself_in_two_sentences_and_one_action(empty: Any, browser: Any) -> None:
    async with visiting(browser, empty.url) as visit:
        page = await visit.open("/")
        said = await page.get_by_role("main").locator("p").all_inner_texts()
        assert len(said) == 2
        assert "Put the label otto on an issue" in said[0]


async def test_errors_are_advice_and_never_a_bare_status(demo: Any, browser: Any) -> None:
    async with visiting(browser, demo.url) as visit:
        visit.expected.append("status of 404")
        for path in LOST.values():
            page, answer = await answers(visit, path)
            words = await page.get_by_role("main").inner_text()
            assert answer.status == 404
            assert "404" not in words
            assert await page.get_by_role("main").get_by_role("link").count() == 1
            await page.get_by_role("main").get_by_role("link").click()
            assert await page.get_by_role("heading", level=1).is_visible()


async def test_assets_name_their_content_and_are_kept_while_pages_are_not(demo: Any, browser: Any) -> None:
    async with visiting(browser, demo.url) as visit:
        for path in PAGES.values():
            page, answer = await answers(visit, path)
            assert answer.headers["cache-control"] == "no-store"
            referred = await page.evaluate(REFERRED)
            assert referred
            for url in referred:
                got = await page.request.get(url)
                assert (got.status, got.headers["cache-control"]) == (200, "public, max-age=31536000, immutable"), url
                assert len(url.rpartition("/")[2].split(".")[-2]) == 16, url
            await page.close()  # each that is open listens, and a browser has six connections for one server


async def test_access_is_for_this_machine_while_there_is_no_login(demo: Any, browser: Any) -> None:
    """Passed on by a proxy, a visitor reads why there is nothing for them."""
    async with visiting(browser, demo.url, extra_http_headers={"X-Forwarded-For": "203.0.113.9"}) as visit:
        visit.expected.append("status of 403")
        page, answer = await answers(visit, "/runs/1")
        assert answer.status == 403
        assert "403" not in await page.locator("body").inner_text()
        assert await page.get_by_role("heading", level=1).is_visible()
        assert await page.get_by_text("Count visits").count() == 0


async def test_access_no_script_runs_that_is_not_a_file_of_ours(demo: Any, browser: Any) -> None:
    async with visiting(browser, demo.url) as visit:
        visit.expected.append("Content Security Policy")
        page = await visit.open("/runs/1")
        assert await page.evaluate(INLINE) == "script-src-elem"


async def test_access_words_of_others_run_nothing(filled: Any, browser: Any) -> None:
    """No dialog, no error, no request to somebody else's host; links lead to our pages and to the repository alone."""
    host = await filled(hostile)
    ours = (f"{host.url}/", f"{GITHUB}/octo/app/")
    async with visiting(browser, host.url) as visit:
        for path in ("/", "/runs/1", "/runs/1?events=all", "/runs/1/tasks/t1", "/runs/1/gates/1"):
            page = await visit.open(path)
            assert await page.locator("main script, main img, main iframe, main [onload], main [onerror]").count() == 0
            links = await page.evaluate("() => [...document.links].map(one => one.href)")
            assert [one for one in links if not one.startswith(ours)] == []
            assert "\u202e" not in await page.locator("body").inner_text()


async def test_pages_of_ten_thousand_runs_and_five_hundred_events_stay_small(filled: Any, browser: Any) -> None:
    """A page has at most 150 kB; how soon it comes is what `make bench-pages` measures."""
    host = await filled(many)
    async with visiting(browser, host.url) as visit:
        page = await visit.open("/")
        assert await page.locator("#total").inner_text() == "10000 runs"
        for path in (*PLACES, "/?size=200"):
            await page.goto(f"{host.url}{path}")
            assert len((await page.content()).encode()) <= LARGEST, path
