"""The figures of a run of the bench, as Markdown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from statistics import median, quantiles
from typing import NamedTuple

from bench.pages.fetch import Fetched
from bench.pages.listen import Cost

FIRST_BYTE_MS, PAGE_KB, OPEN_MB = 100, 150, 1.0
"""What must hold."""


class Memory(NamedTuple):
    """Resident memory of the server, in MB, before so many pages were open and while they are."""

    what: str
    open: int
    before: float
    after: float

    @property
    def each(self) -> float:
        """MB for one page."""
        return (self.after - self.before) / self.open


class Rest(NamedTuple):
    """Share of a core: nobody looks, all look at one run, each at another, while nothing happens; and few streams."""

    nobody: float
    one: float
    others: float
    streamed: Cost


def table(
    when: datetime, runs: int, pages: Sequence[Fetched], bare: Fetched, memory: Sequence[Memory], live: Cost,
    polled: Cost, rest: Rest, load: float,
) -> str:  # fmt: skip
    """All of it."""
    most = memory[0].open
    heads = f"first byte, ms: median (must be ≤ {FIRST_BYTE_MS}) | p95 | times the bare page | kB (must be ≤ {PAGE_KB})"
    lines = [
        f"{when:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {runs} runs, load average of 5 minutes {load:.1f}.",
        "",
        f"| page | {heads} |",
        "| --- | --- | --- | --- | --- |",
        *(_page(page, bare) for page in pages),
        f"| bare Starlette page, {bare.size / 1000:.0f} kB | {bare.median:.1f} | {bare.p95:.1f} | 1 | |",
        "",
        f"| {most} open live pages | MB before | MB with them | MB each (must be ≤ {OPEN_MB:.0f}) |",
        "| --- | --- | --- | --- |",
        *(f"| {one.what} | {one.before:.0f} | {one.after:.0f} | {one.each:.3f} |" for one in memory),
        "",
        f"From the commit of an event until a page had it, {most} open, ms: {_spread(live.delays)}.",
        (
            f"While nothing happens: {rest.nobody * 100:.1f} % of a core with nobody looking, "
            f"{rest.one * 100:.1f} % with {most} at one run, {rest.others * 100:.1f} % with {most} each at another."
        ),
        "",
        "| an event each second, for each open page and second | live | asks for the page each second | ratio |",
        "| --- | --- | --- | --- |",
        _ratio("processor ms of the server", rest.streamed.cpu, polled.cpu),
        _ratio("kB", rest.streamed.bytes / 1000, polled.bytes / 1000),
        _ratio("delay, ms (median)", median(rest.streamed.delays) * 1000, median(polled.delays) * 1000),
    ]
    return "\n".join(lines) + "\n"


def _page(page: Fetched, bare: Fetched) -> str:
    times = page.median / bare.median
    return f"| {page.name} | {page.median:.1f} | {page.p95:.1f} | {times:.0f} | {page.size / 1000:.1f} |"


def _spread(delays: Sequence[float]) -> str:
    cuts = quantiles(delays, n=20)
    return f"median {median(delays) * 1000:.0f}, p95 {cuts[-1] * 1000:.0f}, most {max(delays) * 1000:.0f}"


def _ratio(what: str, ours: float, other: float) -> str:
    return f"| {what} | {ours:.2f} | {other:.2f} | {other / ours:.1f} |"
