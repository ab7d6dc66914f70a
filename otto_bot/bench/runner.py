"""Plays scenarios in all arms: one scenario at a time in each worker process, one scripted model for all."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from otto_bot.bench.arms import Variant
from otto_bot.bench.checks import Checks
from otto_bot.bench.driver import Played, play
from otto_bot.bench.measure import Measured, measure
from otto_bot.bench.place import empty_database, prepare
from otto_bot.bench.scenario import BenchScenario
from otto_bot.bench.scenario_file import load
from otto_bot.bench.script import write_script
from otto_bot.bench.server import KEY, scripted_model
from otto_bot.bench.validate import checks_of, problems
from otto_bot.model.client import ModelClient

MODEL_SECONDS = 60.0


class BenchFailed(RuntimeError):
    """A scenario could not be played: a mistake of the bench, with the place where it happened."""


async def play_scenario(
    scenario: BenchScenario, variants: Sequence[Variant], url: str, root: Path, database: Path, checks: Checks
) -> list[Played]:
    """Every variant of one scenario, one after another. `url` is the scripted model's."""
    import httpx2

    place = await prepare(scenario, root, database, checks)
    async with httpx2.AsyncClient(trust_env=False, timeout=MODEL_SECONDS) as http:
        played = []
        for variant in variants:
            model = ModelClient(KEY, f"{url}/{scenario.name}@{variant.tuning}", MODEL_SECONDS, http_client=http)
            played.append(await play(place, variant, model))
    return played


@dataclass(frozen=True)
class Done:
    """A scenario that was played, or the reasons why it cannot be used."""

    scenario: str
    results: tuple[Measured, ...] = ()
    problems: tuple[str, ...] = ()


def measured_scenario(folder: Path, variants: Sequence[Variant], url: str, root: Path, database: Path) -> Done:
    """The same in a process of its own, checked first and measured; its folder is removed. Raises BenchFailed.

    Without variants it is only checked. What the check said of a tree then is not asked again while playing.
    """
    # A log that is gone is part of a scenario, not news.
    logging.getLogger("otto_bot").setLevel(logging.ERROR)
    scenario = load(folder)
    checks = checks_of(scenario, root / "checks")
    try:
        if found := problems(scenario, checks):
            return Done(scenario.name, problems=tuple(found))
        if not variants:
            return Done(scenario.name)
        played = asyncio.run(play_scenario(scenario, variants, url, root, database, checks))
        return Done(scenario.name, tuple(measure(scenario, one) for one in played))
    except Exception:  # noqa: BLE001 - not every error can be sent to another process; its words can
        said = traceback.format_exc()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    raise BenchFailed(f"{scenario.name}: the bench itself failed\n{said}")


Told = Callable[[Done], None]
"""Gets each scenario as it comes."""


def check_all(scenarios: Sequence[BenchScenario], jobs: int) -> list[str]:
    """Everything that is wrong with these scenarios, without playing them."""
    with tempfile.TemporaryDirectory(prefix="otto-bench-") as name:
        root = Path(name)
        found = _all(scenarios, (), "", root, root / "none.sqlite", jobs, lambda _done: None)
    return [problem for done in _in_order(scenarios, found) for problem in done.problems]


async def run_bench(
    scenarios: Sequence[BenchScenario], variants: Sequence[Variant], jobs: int, told: Told
) -> list[Done]:
    """Every scenario checked and played, in the given order; one that cannot be used has no results."""
    with tempfile.TemporaryDirectory(prefix="otto-bench-") as name:
        root = Path(name)
        for scenario in scenarios:
            write_script(scenario, root / "scripts")
        database = empty_database(root / "empty.sqlite")
        async with scripted_model(root / "scripts") as url:
            found = await asyncio.to_thread(_all, scenarios, variants, url, root, database, jobs, told)
    return _in_order(scenarios, found)


def _in_order(scenarios: Sequence[BenchScenario], found: Sequence[Done]) -> list[Done]:
    order = {scenario.name: place for place, scenario in enumerate(scenarios)}
    return sorted(found, key=lambda done: order[done.scenario])


def _all(
    scenarios: Sequence[BenchScenario], variants: Sequence[Variant], url: str, root: Path, database: Path, jobs: int,
    told: Told,
) -> list[Done]:  # fmt: skip
    found: list[Done] = []
    # The largest plans first, so that no process is left alone with one at the end.
    ordered = sorted(scenarios, key=lambda scenario: -len(scenario.bench.plan.tasks))
    with _pool(jobs) as pool:
        asked = [
            pool.submit(measured_scenario, one.folder, variants, url, root / "runs" / one.name, database)
            for one in ordered
        ]
        for future in as_completed(asked):
            found.append(future.result())
            told(found[-1])
    return found


@contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    with ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("spawn")) as pool:
        yield pool
