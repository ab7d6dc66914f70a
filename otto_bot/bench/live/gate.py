"""`otto-bot bench gate --live`: the scenarios of the mechanism bench, asked of a real model from the gate on."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from otto_bot.bench.checks import Checked, files_of
from otto_bot.bench.live.caged import CagedChecks
from otto_bot.bench.live.first import write_first
from otto_bot.bench.live.keep import KeepError
from otto_bot.bench.live.play import Unit
from otto_bot.bench.live.provider import Refused, provider
from otto_bot.bench.live.session import EXIT_USAGE, Bag, Request, conduct
from otto_bot.bench.options import LIVE, REPLAN
from otto_bot.bench.place import Place, empty_database, prepare
from otto_bot.bench.scenario import BenchScenario
from otto_bot.bench.scenario_file import shipped_root
from otto_bot.bench.server import KEY, scripted_model
from otto_bot.model.client import ModelClient

SCRIPT_SECONDS = 60.0


def run(options: argparse.Namespace, scenarios: Sequence[BenchScenario]) -> int:
    """The command; returns the exit code."""
    chosen = [one for one in scenarios if options.scenario or not one.bench.single_move]
    request = Request(
        bench="gate --live", noun="scenarios", groups="scenarios", arms=(LIVE, REPLAN),
        model=options.model, repeats=options.repeats,
        usd=options.usd, jobs=options.jobs, out=options.out,
    )  # fmt: skip
    if len(chosen) < len(scenarios):
        _told(f"{len(scenarios) - len(chosen)} scenarios of one move are left out: no model is asked there")
    own = [asks(scenario, options.model) for scenario in chosen]
    try:
        who = provider(os.environ, options.model, "otto-bot bench gate")
        return conduct(
            request, who, {one.name: digest(one.folder) for one in own},
            [own_package(), *(one.folder for one in own)], partial(_units, own), _told,
        )  # fmt: skip
    except (Refused, KeepError) as error:
        _told(f"otto-bot: {error}", error=True)
        return EXIT_USAGE


@asynccontextmanager
async def _units(scenarios: Sequence[BenchScenario], bag: Bag) -> AsyncIterator[Sequence[Unit]]:
    import httpx2

    for scenario in scenarios:
        write_first(scenario, bag.root / "scripts")
    database = empty_database(bag.root / "empty.sqlite")
    async with (
        scripted_model(bag.root / "scripts") as url,
        httpx2.AsyncClient(trust_env=False, timeout=SCRIPT_SECONDS) as http,
    ):
        yield [
            Unit(
                scenario=scenario,
                group=scenario.name,
                open=partial(_open, bag, scenario, database, {}),
                scripted=ModelClient(KEY, f"{url}/{scenario.name}", SCRIPT_SECONDS, http_client=http),
            )
            for scenario in scenarios
        ]


async def _open(bag: Bag, scenario: BenchScenario, database: Path, known: dict[str, Checked], root: Path) -> Place:
    """The place of one pair; its check runs in the cage, for a model wrote what it runs."""
    place = await prepare(scenario, root, database)
    checks = CagedChecks(bag.cage, scenario.workflow.command, root / "checks", known=known)
    return replace(place, checks=checks, prices=bag.live.prices, redactor=bag.live.redactor, cage=bag.cage)


def asks(scenario: BenchScenario, model: str) -> BenchScenario:
    """The scenario with one model in every role."""
    models = dict.fromkeys(("planner", "coder", "judge", "pilot"), model)
    return replace(scenario, otto={**scenario.otto, "models": models})


def own_package() -> Path:
    """Otto's own folder, with the scenarios and their answers: the cage shows the interpreter that lies around it."""
    return shipped_root().parents[1]


def digest(folder: Path) -> str:
    """Of everything in a scenario's folder."""
    found = hashlib.sha256()
    for path, body in files_of(folder).items():
        found.update(f"{path}\0{len(body)}\0".encode() + body)
    return found.hexdigest()[:16]


def _told(text: str, *, error: bool = False) -> None:
    import sys

    print(text, file=sys.stderr if error else sys.stdout, flush=True)
