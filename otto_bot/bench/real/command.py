"""`otto-bot bench real`: pilot against replan on pinned repositories, every role a real model."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from otto_bot.bench.checks import Checked
from otto_bot.bench.live.keep import KeepError
from otto_bot.bench.live.play import Unit
from otto_bot.bench.live.provider import Refused, provider
from otto_bot.bench.live.session import EXIT_USAGE, Bag, Request, cage_for, conduct
from otto_bot.bench.place import Place, empty_database
from otto_bot.bench.real.manifest import Manifest, RealIssue, RealRepository, load_manifest
from otto_bot.bench.real.planned import Plans
from otto_bot.bench.real.repository import (
    check_problem,
    checks_of,
    pin_problem,
    place_of,
    scenario_of,
    unit_name,
)
from otto_bot.bench.scenario import BenchScenario
from otto_bot.bench.scenario_file import BenchError
from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.git.runner import GitRunner

Known = dict[str, dict[str, Checked]]
"""Repository → tree → what the check said."""


def run(options: argparse.Namespace) -> int:
    """The command; returns the exit code."""
    try:
        return _run(options)
    except (BenchError, Refused, KeepError) as error:
        _told(f"otto-bot: {error}", error=True)
        return EXIT_USAGE


def _run(options: argparse.Namespace) -> int:
    manifest = load_manifest(options.manifest)
    answering = provider(os.environ, options.model)
    hidden = [*(Path(one.folder) for one in manifest.repositories), options.manifest.resolve()]
    known: Known = {one.name: {} for one in manifest.repositories}
    with tempfile.TemporaryDirectory(prefix="otto-bench-", ignore_cleanup_errors=True) as name:
        problems = asyncio.run(_problems(manifest, hidden, known, Path(name).resolve()))
    if problems:
        raise BenchError(problems)
    digests = {unit_name(one, number): _digest(one, issue) for one, number, issue in _issues(manifest)}
    request = Request(
        bench="real", noun="issues", groups="repositories", arms=options.arms,
        model=options.model, repeats=options.repeats,
        usd=options.usd, jobs=options.jobs, out=options.out,
    )  # fmt: skip
    return conduct(request, answering, digests, hidden, partial(_units, manifest, options.model, known), _told)


def _issues(manifest: Manifest) -> list[tuple[RealRepository, int, RealIssue]]:
    return [(one, n, issue) for one in manifest.repositories for n, issue in enumerate(one.issues, start=1)]


async def _problems(manifest: Manifest, hidden: Sequence[Path], known: Known, root: Path) -> list[str]:
    """What stands against beginning, looked for before anything is paid: pins, then set-up and check in the cage."""
    runner = GitRunner(root / "home", protocols=("file",))
    found = [problem for one in manifest.repositories if (problem := await pin_problem(one, runner))]
    if found:
        return found
    cage = cage_for([*hidden, root])
    database = empty_database(root / "empty.sqlite")
    for one in manifest.repositories:
        plain = scenario_of(one, 1, one.issues[0], _SOME_PLAN, "none")
        place = await place_of(one, plain, root / one.name, database, cage, known[one.name])
        checks = checks_of(one, cage, root / one.name / "checks", known[one.name])
        problem = check_problem(one, await checks.at(place.mirror(root / one.name / "before"), one.commit))
        found += [problem] if problem else []
    return found


_SOME_PLAN = Plan(
    mode="single", summary="none",
    tasks=(TaskSpec(key="t1", title="none", goal="none", criteria=(Criterion(id="c1", text="none"),)),),
)  # fmt: skip
"""Stands for the plan where none is needed yet."""


@asynccontextmanager
async def _units(manifest: Manifest, model: str, known: Known, bag: Bag) -> AsyncIterator[Sequence[Unit]]:
    database = empty_database(bag.root / "empty.sqlite")
    plans = Plans(bag.kept, bag.live)
    found: list[Unit] = []
    for one, number, issue in _issues(manifest):
        name = unit_name(one, number)
        plain = scenario_of(one, number, issue, _SOME_PLAN, model)
        opened = partial(_open, bag, one, database, known[one.name])
        plan = issue.plan or await plans.of(name, issue, await opened(plain, bag.root / "plans" / name))
        if isinstance(plan, str):
            bag.told(f"{name}: LEFT OUT, no plan: {plan}")
            continue
        scenario = scenario_of(one, number, issue, plan, model)
        found.append(Unit(scenario=scenario, group=one.name, open=partial(opened, scenario)))
    yield found


async def _open(
    bag: Bag, one: RealRepository, database: Path, known: dict[str, Checked], scenario: BenchScenario, root: Path
) -> Place:
    place = await place_of(one, scenario, root, database, bag.cage, known)
    return replace(place, prices=bag.live.prices, redactor=bag.live.redactor)


def _digest(one: RealRepository, issue: RealIssue) -> str:
    """Of all that decides what a pair is; where the folder lies does not."""
    own = one.model_dump_json(exclude={"folder", "issues"})
    return hashlib.sha256(f"{own}\0{issue.model_dump_json()}".encode()).hexdigest()[:16]


def _told(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
