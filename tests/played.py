"""A playground that tests play to its rest; its ledger is read here, as the command takes a second for each look."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from otto_bot.core.run import Run
from otto_bot.playground.demo.expect import differences
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.demo.requests import over
from otto_bot.report import at_rest
from otto_bot.report import report as ledger_report
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, NoSuchRun

LOOK_SECONDS = 0.2


class Reader:
    """The ledger of a playground's bot, read here: its command takes an interpreter for each look.

    A run is read whole once nothing was recorded since the last look: until then it does not rest.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        self._ledger = Ledger(self._engine)
        self._known: dict[int, tuple[dict[str, Any], Run]] = {}
        self._newest: dict[int, int] = {}

    async def __call__(self, run: int) -> dict[str, Any] | None:
        found = await self.look(run)
        return found[0] if found is not None else None

    async def look(self, run: int) -> tuple[dict[str, Any], Run] | None:
        """The report of a run and the run; None while there is none."""
        try:
            return await asyncio.to_thread(self._look, run)
        except NoSuchRun:
            return None

    def _look(self, number: int) -> tuple[dict[str, Any], Run]:
        known = self._known.get(number)
        if known is not None:
            if more := self._ledger.events(number, self._newest[number]):
                self._newest[number] = more[-1].seq
                return {**known[0], "resting": False}, known[1]
            if self._newest[number] == _newest(known[0]):
                return {**known[0], "resting": at_rest(known[1], datetime.now(UTC))}, known[1]
        report, run = self._known[number] = ledger_report(self._ledger, number), self._ledger.load(number)
        self._newest[number] = _newest(report)
        return {**report, "resting": at_rest(run, datetime.now(UTC))}, run

    def close(self) -> None:
        self._engine.dispose()


def _newest(report: dict[str, Any]) -> int:
    events = report["events"]
    return int(events[-1]["seq"]) if events else 0


async def until_rest(play: Playground) -> None:
    """Until the run has ended, or waits for a person and nobody is about to react."""
    while not await play.rests():  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(LOOK_SECONDS)


async def problems(play: Playground) -> list[str]:
    """What the scenario expects and is not so, once it has come to rest."""
    report = await play.full_report()
    found = [*differences(play.scenario.script.expect, report), *broken(report), *await play.outstanding()]
    found += (await play.stand_in.state("problems"))["problems"]
    return [*found, *await play.misplaced(report), *over(report, await play.later_runs(report))]
