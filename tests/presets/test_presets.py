"""Every preset ends as it says, and does not where the adaptation to it is switched off."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path

import pytest
from forks import ForkServer
from played import LOOK_SECONDS, Reader, problems, until_rest
from preset_switches import OFF

from otto_bot.bench.simulate.planting import Change, changed
from otto_bot.playground.demo.harness import Playground
from otto_bot.playground.demo.processes import Child, StartError
from otto_bot.playground.scenario import find, load, presets

QUIET_SECONDS = 3.0
"""Beyond the longest pause of a person: nothing of a run that rests follows by itself."""
SILENT_SECONDS = 15.0
"""The same of a run that does not even rest: no command of a scripted coder takes so long."""


async def played(forks: ForkServer, name: str, folder: Path, off: Sequence[Change], seconds: float) -> list[str]:
    """What is not as the preset says. Raises TimeoutError where the run does not come to rest."""
    changes = json.dumps([asdict(change) for change in off])

    async def launch(part: str, argv: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
        return await forks.launch(part, argv, {**env, **({"PRESET_OFF": changes} if part == "the bot" else {})}, log)

    (folder / "state").mkdir(parents=True)
    with contextlib.closing(Reader(f"sqlite:///{folder / 'state' / 'otto.sqlite'}")) as reads:
        async with Playground(load(find(name)), folder, launch=launch, reads=reads) as play:
            await play.label()
            try:
                await asyncio.wait_for(until_rest(play) if not off else until_it_stands(play), seconds)
            except TimeoutError:
                last = [event["type"] for event in (await play.report()).get("events", [])[-20:]]
                raise TimeoutError("\n".join(["it did not come to rest", *last, play.logs()])) from None
            found = await problems(play)
            return [*found, play.logs()] if found else []


async def until_it_stands(play: Playground) -> None:
    """Until it rests, or stands still at a question while people wait for something that will not come."""
    quiet = QUIET_SECONDS + max((row.after_ms for row in play.scenario.people), default=0) / 1000
    seen, since = -1, time.monotonic()
    while not await play.rests():
        with contextlib.suppress(StartError):
            report = await play.report()
            if len(report["events"]) != seen:
                seen, since = len(report["events"]), time.monotonic()
            elif time.monotonic() - since > (quiet if report["resting"] else SILENT_SECONDS):
                return
        await asyncio.sleep(LOOK_SECONDS)


def turn(names: Sequence[str]) -> Sequence[str]:
    """Every second one, by the commit: two commits play about all of them, and one commit always the same.

    A play without its adaptation tells about a test, one with it about the product. OTTO_BENCH_ALL=1 plays all, and so
    does a tree without git.
    """
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True)
    if os.environ.get("OTTO_BENCH_ALL") == "1" or git.returncode:
        return names
    return names[int(git.stdout.strip(), 16) % 2 :: 2]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", presets())
async def test_a_preset_ends_as_it_says(forks: ForkServer, tmp_path: Path, name: str) -> None:
    found = await played(forks, name, tmp_path / "play", (), load(find(name)).script.time_limit)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", turn(presets()))
async def test_a_preset_fails_without_its_adaptation(forks: ForkServer, tmp_path: Path, name: str) -> None:
    switch = OFF[name]
    seconds = load(find(name)).script.time_limit
    found = await played(forks, name, tmp_path / "play", switch.changes, seconds)
    told = [line for line in found if not line.startswith("requests:")]
    assert told, f"it ends as if nothing were switched off: {switch.promise}\n{found}"


def test_each_preset_has_its_switch() -> None:
    assert set(OFF) == set(presets())


@pytest.mark.parametrize("name", sorted(OFF))
def test_a_switch_still_fits_the_product(name: str) -> None:
    for change in OFF[name].changes:
        module = importlib.import_module(change.module)
        assert changed(change, module, right := attrgetter(change.function)(module)) is not right
