"""Plays scenarios in all arms: one scenario at a time in each worker process, one scripted model for all."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from otto_bot.bench.arms import Variant
from otto_bot.bench.driver import Played, play
from otto_bot.bench.measure import Measured, measure
from otto_bot.bench.place import empty_database, prepare
from otto_bot.bench.scenario import BenchScenario
from otto_bot.bench.scenario_file import load
from otto_bot.bench.script import write_script
from otto_bot.bench.server import KEY, scripted_model
from otto_bot.model.client import ModelClient

MODEL_SECONDS = 60.0


class BenchFailed(RuntimeError):
    """A scenario could not be played: a mistake of the bench, with the place where it happened."""


Told = Callable[[str, Sequence[Measured]], None]
"""Gets each scenario's results as they come."""


async def play_scenario(
    scenario: BenchScenario, variants: Sequence[Variant], url: str, root: Path, database: Path
) -> list[Played]:
    """Every variant of one scenario, one after another. `url` is the scripted model's."""
    import httpx2

    place = await prepare(scenario, root, database)
    async with httpx2.AsyncClient(trust_env=False, timeout=MODEL_SECONDS) as http:
        played = []
        for variant in variants:
            model = ModelClient(KEY, f"{url}/{scenario.name}@{variant.tuning}", MODEL_SECONDS, http_client=http)
            played.append(await play(place, variant, model))
    return played


def measured_scenario(
    folder: Path, variants: Sequence[Variant], url: str, root: Path, database: Path
) -> list[Measured]:
    """The same in a process of its own, measured; its folder is removed. Raises BenchFailed."""
    # A log that is gone is part of a scenario, not news.
    logging.getLogger("otto_bot").setLevel(logging.ERROR)
    scenario = load(folder)
    try:
        played = asyncio.run(play_scenario(scenario, variants, url, root, database))
        return [measure(scenario, one) for one in played]
    except Exception:  # noqa: BLE001 - not every error can be sent to another process; its words can
        said = traceback.format_exc()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    raise BenchFailed(f"{scenario.name}: the bench itself failed\n{said}")


async def run_bench(
    scenarios: Sequence[BenchScenario], variants: Sequence[Variant], jobs: int, told: Told
) -> list[Measured]:
    """All results, scenario by scenario in the given order."""
    with tempfile.TemporaryDirectory(prefix="otto-bench-") as name:
        root = Path(name)
        for scenario in scenarios:
            write_script(scenario, root / "scripts")
        database = empty_database(root / "empty.sqlite")
        async with scripted_model(root / "scripts") as url:
            found = await asyncio.to_thread(_all, scenarios, variants, url, root, database, jobs, told)
    order = {scenario.name: place for place, scenario in enumerate(scenarios)}
    return sorted(found, key=lambda one: order[one.scenario])


def _all(
    scenarios: Sequence[BenchScenario], variants: Sequence[Variant], url: str, root: Path, database: Path, jobs: int,
    told: Told,
) -> list[Measured]:  # fmt: skip
    found: list[Measured] = []
    # The largest plans first, so that no process is left alone with one at the end.
    ordered = sorted(scenarios, key=lambda scenario: -len(scenario.bench.plan.tasks))
    with _pool(jobs) as pool:
        asked: dict[Future[list[Measured]], str] = {
            pool.submit(measured_scenario, one.folder, variants, url, root / "runs" / one.name, database): one.name
            for one in ordered
        }
        for future in as_completed(asked):
            results = future.result()
            told(asked[future], results)
            found += results
    return found


@contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    with ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("spawn")) as pool:
        yield pool
