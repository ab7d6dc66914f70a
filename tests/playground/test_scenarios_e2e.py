"""Every shipped scenario from the label to rest: real bot, real workflows, scripted words."""

from __future__ import annotations

from pathlib import Path

import pytest

from otto_bot.playground.demo.expect import differences
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.promise import broken
from otto_bot.playground.demo.requests import over
from otto_bot.playground.scenario import find, load, shipped

QUICK = ("single-task",)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in shipped()]
)
async def test_a_scenario_ends_as_expected(tmp_path: Path, name: str) -> None:
    scenario = load(find(name))
    async with Playground(scenario, tmp_path / "play") as play:
        await play.label()
        try:
            await play.wait_rest(scenario.script.time_limit)
        except TimeoutError:
            last = [f"{event['at']} {event['type']}" for event in (await play.report()).get("events", [])[-20:]]
            pytest.fail("\n".join(["it did not come to rest", *last, *await play.outstanding(), play.logs()]))
        report = await play.full_report()
        found = [*differences(scenario.script.expect, report), *broken(report), *await play.outstanding()]
        found += [*await play.misplaced(report), *over(report, await play.later_runs(report))]
        assert not found, "\n".join([*found, play.logs()])
