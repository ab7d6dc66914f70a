"""The manifest of `bench real`: pinned repositories as folders, how they are checked, and issues for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

from otto_bot.bench.scenario_file import BenchError, dotted, read_yaml, reason_of
from otto_bot.core.config import ConfigError, HostCaps, read_config
from otto_bot.core.plan import Plan
from otto_bot.core.plan import problems as plan_problems
from otto_bot.core.values import Frozen

MOST_TASKS = 50
Text = Annotated[str, Field(min_length=1)]


class RealIssue(Frozen):
    """One issue; without a plan the planner is asked once, and every arm and repeat gets its plan."""

    title: Annotated[str, Field(min_length=1, max_length=256)]
    body: str = ""
    plan: Plan | None = None
    max_tasks: Annotated[int, Field(ge=1, le=MOST_TASKS)] = 3

    @field_validator("plan", mode="before")
    @classmethod
    def _mode(cls, value: Any) -> Any:
        if isinstance(value, dict) and "mode" not in value:
            return {**value, "mode": "decomposed" if len(value.get("tasks") or ()) > 1 else "single"}
        return value


class RealRepository(Frozen):
    """A repository at exactly one commit. `seconds` holds for the set-up and for the check, each.

    `readonly` are folders of the host that the cage shows, e.g. a prepared virtual environment; `env` are variables of
    every command in the cage; `otto` is what `.github/otto.yml` would say.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
    folder: Text
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    setup: str = ""
    check: Text
    seconds: Annotated[float, Field(gt=0, le=3600)] = 300
    readonly: tuple[Text, ...] = ()
    env: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], str] = {}
    otto: dict[str, Any] = {}
    issues: Annotated[tuple[RealIssue, ...], Field(min_length=1)]


class Manifest(Frozen):
    """Everything that the file says; paths are still as they were written."""

    repositories: Annotated[tuple[RealRepository, ...], Field(min_length=1)]


def load_manifest(path: Path) -> Manifest:
    """The manifest with absolute paths. Raises BenchError naming every problem as `FILE: PLACE: REASON`."""
    problems: list[str] = []
    data = read_yaml(path, problems)
    if problems:
        raise BenchError(problems)
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError as error:
        raise BenchError(
            [f"{path}: {dotted(item['loc'])}: {reason_of(item['msg'])}" for item in error.errors()]
        ) from None
    problems = [f"{path}: {problem}" for problem in _problems(manifest)]
    if problems:
        raise BenchError(problems)
    base = path.resolve().parent
    found = Manifest(repositories=tuple(_absolute(one, base) for one in manifest.repositories))
    problems = [f"{path}: {problem}" for one in found.repositories for problem in _unshown(one)]
    if problems:
        raise BenchError(problems)
    return found


def _unshown(one: RealRepository) -> list[str]:
    """Folders that the cage could not show: the repository itself is hidden, for later commits may lie in it."""
    found = [
        f"{one.name}: readonly: {text}: there is no such folder" for text in one.readonly if not Path(text).exists()
    ]
    inside = [text for text in one.readonly if Path(one.folder).is_relative_to(text)]
    return found + [f"{one.name}: readonly: {text}: holds the repository, which is hidden" for text in inside]


def _problems(manifest: Manifest) -> list[str]:
    names = [one.name for one in manifest.repositories]
    found = [f"repositories: the name {name!r} stands twice" for name in sorted(set(names)) if names.count(name) > 1]
    for one in manifest.repositories:
        try:
            read_config(one.otto, HostCaps())
        except ConfigError as error:
            found += [f"{one.name}: otto.{place}: {reason}" for place, reason in error.problems]
        for number, issue in enumerate(one.issues, start=1):
            if issue.plan is not None:
                told = plan_problems(issue.plan, MOST_TASKS)
                found += [f"{one.name}: issues[{number}].plan: {problem}" for problem in told]
    return found


def _absolute(one: RealRepository, base: Path) -> RealRepository:
    def at(text: str) -> str:
        return str((base / Path(text).expanduser()).resolve())

    return one.model_copy(update={"folder": at(one.folder), "readonly": tuple(at(text) for text in one.readonly)})
