"""Contract "Reachable": phone, keyboard, screen reader, contrast, dark; and everything without scripts too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from bench.browser.pages import LOST, PAGES
from bench.browser.visit import MODES, PHONE, Mode, violations, visiting

# Everything that a visitor may press or write into, as it stands on the screen. What scrolls in its own frame may be
# wider than the screen: it is reached by scrolling there.
CLIPPED = """() => {
  const out = [], wide = document.documentElement.clientWidth
  for (const one of document.querySelectorAll('button, input, select, textarea, summary, a')) {
    if (one.closest('.wide, pre, .skip, datalist') || one.matches('.skip') || !one.checkVisibility()) continue
    for (const box of one.getClientRects())
      if (box.left < -0.5 || box.right > wide + 0.5) out.push(one.outerHTML.slice(0, 120))
    if (one.matches('button') && one.scrollWidth > one.clientWidth + 1) out.push('cut off: ' + one.textContent)
  }
  return out
}"""
SMALL = """() => [...document.querySelectorAll('button, input, select, textarea, summary')]
  .filter(one => one.checkVisibility() && one.type !== 'hidden' && !one.closest('label > .row'))
  .filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML.slice(0, 120))"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
REACHED = """() => {
  const one = document.activeElement
  if (!one || one === document.body) return null
  one.dataset.reached = 'yes'
  const style = getComputedStyle(one)
  const seen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none'
  const box = one.closest('svg') && one.querySelector('rect')  // in a picture the box itself is drawn thicker
  const drawn = box && parseFloat(getComputedStyle(box).strokeWidth) >= 5
  const shown = one.getBoundingClientRect()
  return {html: one.outerHTML.slice(0, 120), seen: (seen || drawn) && shown.width > 0 && shown.right > 0}
}"""
MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(one => one.checkVisibility() && !one.disabled && one.type !== 'hidden' && !one.dataset.reached)
  .filter(one => !(one.type === 'radio' && document.querySelector(`[name="${one.name}"][data-reached]`)))
  .map(one => one.outerHTML.slice(0, 120))"""
MOST_STOPS = 400
RULES: dict[Mode, tuple[str, ...]] = {
    "dark": ("color-contrast",),
    "phone": ("color-contrast", "scrollable-region-focusable", "target-size"),
}
"""What the mode can change; all other rules see the same page in each of them."""


async def each(browser: Any, base: str, pages: Mapping[str, str], mode: Mode, look: Any, **more: Any) -> list[str]:
    """What a look at each page finds wrong, with the page's name."""
    found: list[str] = []
    async with visiting(browser, base, mode, **more) as visit:
        visit.expected += ["status of 404", "status of 403"]
        for name, path in pages.items():
            page = await visit.open(path)
            found += [f"{name}, {mode}: {words}" for words in await look(page)]
            await page.close()
    return found


@pytest.mark.parametrize("mode", MODES)
async def test_reachable_screen_reader_names_and_contrast_as_axe_sees_them(
    demo: Any, browser: Any, axe: Path, mode: Mode
) -> None:
    async def look(page: Page) -> list[str]:
        return await violations(page, axe, RULES.get(mode, ()))

    assert await each(browser, demo.url, {**PAGES, **LOST}, mode, look) == []


async def test_reachable_phone_without_a_clipped_button(demo: Any, browser: Any) -> None:
    """390×664: nothing to press is cut off or hard to hit, and no page scrolls sideways."""

    async def look(page: Page) -> list[str]:
        assert page.viewport_size == PHONE
        found = [f"clipped: {one}" for one in await page.evaluate(CLIPPED)]
        found += [f"small: {one}" for one in await page.evaluate(SMALL)]
        if (more := await page.evaluate(SIDEWAYS)) > 0:
            found.append(f"scrolls sideways by {more}")
        return found

    assert await each(browser, demo.url, {**PAGES, **LOST}, "phone", look) == []


async def test_reachable_keyboard_comes_to_everything_and_shows_where_it_is(demo: Any, browser: Any) -> None:
    async def look(page: Page) -> list[str]:
        found: list[str] = []
        for _ in range(MOST_STOPS):
            await page.keyboard.press("Tab")
            stop = await page.evaluate(REACHED)
            if stop is None:
                break
            found += [] if stop["seen"] else [f"focus is not seen: {stop['html']}"]
        return [*found, *(f"not reached: {one}" for one in await page.evaluate(MISSED))]

    assert await each(browser, demo.url, PAGES, "light", look) == []


async def test_reachable_keyboard_skips_to_the_content(demo: Any, browser: Any) -> None:
    async with visiting(browser, demo.url) as visit:
        page = await visit.open("/runs/1")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "content"


async def test_reachable_dark_is_dark_where_the_system_is(demo: Any, browser: Any) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    found: dict[str, list[int]] = {}
    modes: tuple[Mode, ...] = ("light", "dark")
    for mode in modes:
        async with visiting(browser, demo.url, mode) as visit:
            found[mode] = await (await visit.open("/")).evaluate(ground)
    assert min(found["light"]) > 200
    assert max(found["dark"]) < 60


async def test_reachable_without_scripts_everything_can_be_read_and_forms_work(demo: Any, browser: Any) -> None:
    """The same headings and tables as with scripts, and the filter of the list answers."""
    outline = "h1, h2, h3, th"
    read: dict[bool, dict[str, list[str]]] = {}
    for scripts in (True, False):
        async with visiting(browser, demo.url, scripts=scripts) as visit:
            read[scripts] = {}
            for name, path in PAGES.items():
                page = await visit.open(path)
                read[scripts][name] = await page.locator(outline).all_inner_texts()
                await page.close()
    assert read[True] == read[False]
    assert all(read[False].values())
    async with visiting(browser, demo.url, scripts=False) as visit:
        page = await visit.open("/")
        await page.get_by_label("Title or issue number").fill("there is no such thing")
        await page.get_by_role("button", name="Show").click()
        assert "text=there" in page.url
        assert await page.get_by_text("No run is like that.").is_visible()
