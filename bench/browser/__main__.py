"""`make bench-browser`: what a log that grows costs a browser that keeps its page open, over so many minutes."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.browser.growing import MB, Growing, heap, held
from bench.browser.visit import NoChromium, browsing, visiting

MOST_GROWTH = 20 * MB
LOOK_SECONDS = 30.0


def main(argv: Sequence[str] | None = None) -> int:
    """0 where the heap grew by at most 20 MB."""
    parser = argparse.ArgumentParser(prog="python -m bench.browser", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the page stays open (%(default)s)")
    parser.add_argument("--rate", type=int, default=400, help="kB that the log grows in a second (%(default)s)")
    options = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="otto-bench-") as folder:
            grown = asyncio.run(_measure(Path(folder), options.minutes * 60, options.rate * 1000))
    except NoChromium as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0 if grown <= MOST_GROWTH else 1


async def _measure(folder: Path, seconds: float, rate: int) -> int:
    """Prints the heap every half minute; returns by how many bytes it grew."""
    async with Growing(folder) as log, browsing() as browser, visiting(browser, log.url) as visit:
        page = await visit.open(log.path)
        await log.grow(2 * MB)  # the ring is full: from here on whatever comes takes the place of something
        await log.shown(page)
        first, begun, looked = await heap(page), time.monotonic(), 0.0
        print(f"{'minutes':>8} {'log MB':>8} {'held kB':>8} {'heap MB':>8}")
        while (now := time.monotonic() - begun) < seconds:
            if now - looked >= LOOK_SECONDS or not looked:
                looked = now or 0.001
                _row(now, log.size, await held(page), await heap(page))
            await log.grow(rate)
            await asyncio.sleep(1.0)
        last = await heap(page)
        _row(seconds, log.size, await held(page), last)
    print(f"grown by {(last - first) / MB:.1f} MB")
    return last - first


def _row(seconds: float, size: int, kept: int, used: int) -> None:
    print(f"{seconds / 60:8.1f} {size / MB:8.1f} {kept / 1000:8.0f} {used / MB:8.1f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
