"""A pinned repository as the place of a run: it is where and what the manifest says, and its check passes there."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

from otto_bot.bench.checks import Checked
from otto_bot.bench.live.caged import CagedChecks, EquippedCage
from otto_bot.bench.place import DATABASE, MIRROR, REMOTE, LocalMirror, Place
from otto_bot.bench.real.manifest import RealIssue, RealRepository
from otto_bot.bench.scenario import Bench, BenchScenario, Issue, Truth, Workflow
from otto_bot.bench.scenario_file import WORKFLOW
from otto_bot.core.plan import Plan
from otto_bot.git.errors import GitFailed
from otto_bot.git.runner import GitRunner
from otto_bot.sandbox.cage import Cage

FETCH_SECONDS = 900.0
SHOWN = 15
"""Lines of a failing check that are shown."""


async def pin_problem(one: RealRepository, runner: GitRunner) -> str | None:
    """Why the folder is not the repository at its commit, untouched; None = it is."""
    folder = Path(one.folder)
    if not await asyncio.to_thread(folder.is_dir):
        return f"{one.name}: there is no folder {folder}; clone the repository there"
    try:
        top = (await runner.run(["rev-parse", "--show-toplevel"], cwd=folder)).text
        head = (await runner.run(["rev-parse", "HEAD"], cwd=folder)).text
        dirty = (await runner.run(["status", "--porcelain", "--untracked-files=normal"], cwd=folder)).text
    except GitFailed as error:
        return f"{one.name}: {folder} cannot be read as a git repository: {error}"
    if await asyncio.to_thread(Path(top).resolve) != folder:
        return f"{one.name}: {folder} lies inside the repository {top}; give the repository's own folder"
    if head != one.commit:
        return f"{one.name}: {folder} is at {head}, not at {one.commit}: run `git checkout {one.commit}` there"
    if dirty:
        told = "; ".join(line.strip() for line in dirty.splitlines()[:3])
        return f"{one.name}: {folder} is not as its commit ({told}): stash or remove what is not committed"
    return None


def scenario_of(one: RealRepository, number: int, issue: RealIssue, plan: Plan, model: str) -> BenchScenario:
    """The issue in the form that the driver plays. Every task counts: nobody knows which of them will fail."""
    projects = [{"path": ".", "setup": one.setup, "test": one.check}]
    otto = {
        **one.otto,
        # What decides at a gate is measured; both arms end when their tasks do.
        "journeys": {"enabled": False},
        "models": dict.fromkeys(("planner", "coder", "judge", "pilot"), model),
        "paths": {"projects": projects, **one.otto.get("paths", {})},
    }
    bench = Bench(
        description=issue.title, kind="code_bug", seen_in="nowhere", check=one.check, coder={},
        issue=Issue(title=issue.title, body=issue.body), plan=plan, truth=Truth(recoverable=plan.keys),
    )  # fmt: skip
    title = one.check.splitlines()[0]
    workflow = Workflow(WORKFLOW, "CI", "check", f"Run {title}", one.check)
    return BenchScenario(Path(unit_name(one, number)), bench, workflow, otto)


def unit_name(one: RealRepository, number: int) -> str:
    """`NAME-2`: the second issue of a repository."""
    return f"{one.name}-{number}"


def equipped(one: RealRepository, cage: Cage) -> EquippedCage:
    """The cage with what the manifest shows and sets."""
    return EquippedCage(cage, tuple(Path(path) for path in one.readonly), one.env)


def checks_of(one: RealRepository, cage: Cage, root: Path, known: dict[str, Checked]) -> CagedChecks:
    """Set-up and check of a repository."""
    return CagedChecks(equipped(one, cage), one.check, root, setup=one.setup, seconds=one.seconds, known=known)


async def place_of(
    one: RealRepository, scenario: BenchScenario, root: Path, database: Path, cage: Cage, known: dict[str, Checked]
) -> Place:
    """A remote of its own with the pinned commit and what it descends from, and nothing that came later."""
    before = root / "before"
    before.mkdir(parents=True)
    shutil.copyfile(database, before / DATABASE)
    runner = GitRunner(root / "home", protocols=("file",))
    remote = LocalMirror(before / REMOTE, before / REMOTE, runner)
    await remote.ensure()
    await remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
    source = LocalMirror(before / REMOTE, Path(one.folder), runner)
    await source.fetch(one.commit, timeout=FETCH_SECONDS)
    await remote.git("update-ref", "refs/heads/main", one.commit)
    mirror = LocalMirror(before / MIRROR, before / REMOTE, runner)
    await mirror.fetch(one.commit, timeout=FETCH_SECONDS)
    place = Place(root, scenario, one.commit, checks_of(one, cage, root / "checks", known), runner)
    return replace(place, cage=equipped(one, cage))


def check_problem(one: RealRepository, checked: Checked) -> str | None:
    """Why nothing can be learnt from this repository: its check does not pass at the pinned commit."""
    if checked.green:
        return None
    told = "\n".join(f"    {line}" for line in checked.lines[-SHOWN:])
    return f"{one.name}: set-up and check must pass at {one.commit[:12]} in the cage, without network:\n{told}"
