"""One pair: the same start in each arm, everything else asked of the real model, and all of it kept."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from otto_bot.bench.arms import Variant
from otto_bot.bench.driver import Played, play
from otto_bot.bench.live.pairs import ArmRun, Pair
from otto_bot.bench.live.purse import BenchPurse
from otto_bot.bench.live.routed import Broken, RoutedModel
from otto_bot.bench.measure import Measured, measure
from otto_bot.bench.place import Place
from otto_bot.bench.scenario import BenchScenario
from otto_bot.core.redact import Redactor
from otto_bot.git.reading import Reading
from otto_bot.jobs.context import diff_text
from otto_bot.model.budgeted import Asks
from otto_bot.model.prices import Prices

DIFF_BYTES = 60_000


@dataclass(frozen=True)
class Unit:
    """What is played in pairs: a scenario, or an issue of a repository. `group` is drawn as a whole.

    `open` makes the place of a pair below a folder; `scripted` answers first attempts, None = all is live.
    """

    scenario: BenchScenario
    group: str
    open: Callable[[Path], Awaitable[Place]]
    scripted: Asks | None = None

    @property
    def name(self) -> str:
        """Its name in tables and raw results."""
        return self.scenario.name


@dataclass(frozen=True)
class Live:
    """What all pairs of a bench share."""

    arms: tuple[str, ...]
    model: Asks
    purse: BenchPurse
    prices: Prices
    redactor: Redactor
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def play_pair(live: Live, unit: Unit, repeat: int, root: Path) -> Pair:
    """Every arm of one repeat, in turn another first. What goes wrong makes a pair that does not count."""
    runs: dict[str, ArmRun] = {}
    spent, dropped = 0.0, None
    place: Place | None = None
    for arm in live.arms if repeat % 2 else live.arms[::-1]:
        name = f"{unit.name}/{repeat}/{arm}"
        model = RoutedModel(
            unit.scripted, live.model, live.purse, live.prices, live.redactor, name, live.sleep
        )  # fmt: skip
        try:
            place = place or await unit.open(root)
            played = await _unless_gone(model, play(place, Variant(arm=arm, seed=repeat), model))
            if played is not None:
                runs[arm] = await _kept(live, unit, place, played, model)
        except Exception:  # noqa: BLE001 - one pair must not take the others along; its words are kept
            dropped = Broken(by="bench", why=f"the bench itself failed: {traceback.format_exc()[-2000:]}")
        spent += model.spent
        dropped = model.broken or dropped
        if dropped is not None:
            break
    if dropped is None and unit.scripted is not None:
        dropped = _unpaired([run.measured for run in runs.values()])
    return Pair(
        scenario=unit.name, group=unit.group, repeat=repeat, at=live.now(), usd=round(spent, 6), runs=runs,
        dropped=dropped,
    )  # fmt: skip


async def _unless_gone(model: RoutedModel, work: Coroutine[Any, Any, Played]) -> Played | None:
    """The run's end; None where its model gave up, which ends the run at once."""
    playing = asyncio.create_task(work)
    gone = asyncio.create_task(model.gone.wait())
    try:
        await asyncio.wait({playing, gone}, return_when=asyncio.FIRST_COMPLETED)
        return None if model.gone.is_set() else await playing
    finally:
        for task in (playing, gone):
            task.cancel()
        await asyncio.gather(playing, gone, return_exceptions=True)


async def _kept(live: Live, unit: Unit, place: Place, played: Played, model: RoutedModel) -> ArmRun:
    mirror = place.mirror(place.root / played.variant.name)
    reading = Reading(mirror.path, place.runner.environment())
    diffs = {
        f"{task.key}/a{attempt.number}": live.redactor.text(
            diff_text(reading, attempt.base_sha, attempt.sha, DIFF_BYTES)
        )
        for task in played.run.tasks.values()
        for attempt in task.attempts
        if attempt.sha is not None
    }
    comments = tuple(live.redactor.text(text) for text in played.comments)
    return ArmRun(
        measured=measure(unit.scenario, played), calls=tuple(model.calls), diffs=diffs, comments=comments
    )  # fmt: skip


def _unpaired(found: Sequence[Measured]) -> Broken | None:
    """Where first attempts are recorded, the first gate of each arm sees the same failures, or there is no pair."""
    starts = {
        tuple(sorted((task, one.evidence.get(task, "")) for gate in one.gates[:1] for task in gate.causes))
        for one in found
    }
    if len(starts) <= 1:
        return None
    told = " / ".join(sorted(", ".join(task for task, _ in start) or "nothing" for start in starts))
    return Broken(by="unpaired", why=f"the arms did not start from the same failures ({told})")
