"""Every shipped scenario from the label to rest: real bot, real workflows, scripted words."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
from forks import ForkServer
from played import Reader, problems, until_rest

from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.scenario import find, load, shipped

QUICK = ("single-task",)
"""With interpreters of their own and the host's own command, as in the demo; the others are forked."""


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
