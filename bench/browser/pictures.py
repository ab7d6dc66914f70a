"""`make screenshots`: plays the demo and a run that waits for a person, and photographs every page into docs/pictures.

Light and dark on a desk, light on a phone; a picture shows the top of its page, as a visitor finds it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from playwright.async_api import Browser

from bench.browser.pages import LOG_LINK, OF_GITHUB, PAGES, REGIONS, WAITING
from bench.browser.visit import MODES, NoChromium, browsing, log_in, visiting
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.processes import StartError
from otto_bot.playground.scenario import DEFAULT, find, load

FOLDER = Path("docs/pictures")
MOST_BYTES = 3_000_000
DEMO, ASKS = DEFAULT, "gate-approval"
MAINTAINER = "maintainer"
"""Who is logged in on the pictures: forms are there for people who may act."""


def main(argv: Sequence[str] | None = None) -> int:
    """0 where every page was photographed and did nothing that it should not."""
    parser = argparse.ArgumentParser(prog="python -m bench.browser.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder that gets them (%(default)s)")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_all(options.out))
    except (NoChromium, StartError) as error:
        print(f"pictures: {error}", file=sys.stderr)
        return 2
    size = sum(one.stat().st_size for one in options.out.glob("*.png"))
    print(f"{options.out}: {size / 1e6:.1f} MB")
    return 0 if size <= MOST_BYTES else 1


async def _all(out: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="otto-pictures-") as folder:
        async with browsing() as browser:
            async with _played(DEMO, Path(folder) / "demo") as url:
                log = await log_address(browser, url)
                await photograph(browser, url, {**PAGES, **OF_GITHUB, "log": log}, out)
                await details(browser, url, out)
            async with _played(ASKS, Path(folder) / "asks", people=False) as url:
                await photograph(browser, url, WAITING, out)


@asynccontextmanager
async def _played(name: str, root: Path, *, people: bool = True) -> AsyncIterator[str]:
    """The bot's address after a scenario has come to rest; without its people it waits for one."""
    scenario = load(find(name))
    if not people:
        scenario = replace(scenario, people=())
    async with Playground(scenario, root) as play:
        await play.label()
        await play.wait_rest(scenario.script.time_limit)
        assert play.bot is not None
        yield play.bot.url


async def photograph(browser: Browser, url: str, pages: Mapping[str, str], out: Path) -> None:
    """Each page in each mode, as `page-mode.png`."""
    for mode in MODES:
        async with visiting(browser, url, mode) as visit:
            await log_in(visit, MAINTAINER)
            for name, path in pages.items():
                page = await visit.open(path)
                await page.screenshot(path=out / f"{name}-{mode}.png", animations="disabled", scale="css")
                await page.close()


async def log_address(browser: Browser, url: str) -> str:
    """Where the log is that the demo's gate quotes, at the lines that it quotes."""
    async with visiting(browser, url) as visit:
        page = await visit.open(PAGES["gate"])
        found = await page.get_by_role("link", name=LOG_LINK).first.get_attribute("href")
        assert found is not None
        return found


async def details(browser: Browser, url: str, out: Path) -> None:
    """The regions that answer the tour's questions, as `name-light.png`."""
    async with visiting(browser, url) as visit:
        for name, (path, region) in REGIONS.items():
            page = await visit.open(path)
            await page.get_by_role("region", name=region).screenshot(path=out / f"{name}-light.png", scale="css")
            await page.close()


if __name__ == "__main__":
    sys.exit(main())
