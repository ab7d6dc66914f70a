"""Every shipped scenario from the label to rest: real bot, real workflows, scripted words."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
from forks import ForkServer

from otto_bot.playground.demo.expect import differences
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.demo.requests import over
from otto_bot.playground.scenario import find, load, shipped
from otto_bot.report import report as ledger_report
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, NoSuchRun

QUICK = ("single-task",)
"""With interpreters of their own and the host's own command, as in the demo; the others are forked."""
LOOK_SECONDS = 0.2


class Reader:
    """The ledger of a playground's bot, read here: its command takes an interpreter for each look."""

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        self._ledger = Ledger(self._engine)

    async def __call__(self, run: int) -> dict[str, Any] | None:
        try:
            return await asyncio.to_thread(ledger_report, self._ledger, run)
        except NoSuchRun:
            return None

    def close(self) -> None:
        self._engine.dispose()


async def until_rest(play: Playground) -> None:
    """Until the run has ended, or waits for a person and nobody is about to react."""
    while not await play.rests():  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(LOOK_SECONDS)


async def problems(play: Playground) -> list[str]:
    """What the scenario expects and is not so, once it has come to rest."""
    report = await play.full_report()
    found = [*differences(play.scenario.script.expect, report), *broken(report), *await play.outstanding()]
    return [*found, *await play.misplaced(report), *over(report, await play.later_runs(report))]


async def play_it(play: Playground, resting: Any) -> None:
    await play.label()
    try:
        await asyncio.wait_for(resting, play.scenario.script.time_limit)
    except TimeoutError:
        last = [f"{event['at']} {event['type']}" for event in (await play.report()).get("events", [])[-20:]]
        pytest.fail("\n".join(["it did not come to rest", *last, *await play.outstanding(), play.logs()]))
    found = await problems(play)
    assert not found, "\n".join([*found, play.logs()])


@pytest.mark.timeout(200)
@pytest.mark.parametrize("name", QUICK)
async def test_a_scenario_ends_as_expected(tmp_path: Path, name: str) -> None:
    scenario = load(find(name))
    async with Playground(scenario, tmp_path / "play") as play:
        await play_it(play, play.wait_rest(scenario.script.time_limit))


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("name", [name for name in shipped() if name not in QUICK])
async def test_a_scenario_by_forks_ends_as_expected(forks: ForkServer, tmp_path: Path, name: str) -> None:
    url = f"sqlite:///{tmp_path / 'play' / 'state' / 'otto.sqlite'}"
    (tmp_path / "play" / "state").mkdir(parents=True)
    with contextlib.closing(Reader(url)) as reads:
        async with Playground(load(find(name)), tmp_path / "play", launch=forks.launch, reads=reads) as play:
            await play_it(play, until_rest(play))
