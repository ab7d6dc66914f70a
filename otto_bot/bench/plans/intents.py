"""Reads the intents of the plan bench: what people ask for, one task or several and why, and a good plan."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from otto_bot.core.plan import Plan
from otto_bot.core.plan_problem import Intent
from otto_bot.core.values import Frozen

MAX_TASKS = 8


class IntentError(ValueError):
    """An intent's file cannot be used; the text names it."""


class IntentFile(Frozen):
    """What one file says. `manifests` maps a path to its text."""

    mode: Literal["single", "decomposed"]
    why: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1, max_length=256)]
    body: str
    paths: tuple[str, ...]
    manifests: dict[str, str] = {}
    projects: tuple[str, ...] = ()
    plan: Plan


class Case(Frozen):
    """An intent with its good plan."""

    name: str
    mode: Literal["single", "decomposed"]
    why: str
    intent: Intent
    plan: Plan


def shipped_root() -> Path:
    """The folder of the intents that come with the package."""
    return Path(str(resources.files("otto_bot.bench"))) / "plans" / "intents"


def cases(root: Path | None = None) -> tuple[Case, ...]:
    """All intents by name. Raises IntentError."""
    return tuple(_case(path) for path in sorted((root or shipped_root()).glob("*.yml")))


def _case(path: Path) -> Case:
    try:
        said: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        said["plan"] = {**said["plan"], "mode": said["mode"]}
        read = IntentFile.model_validate(said)
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        detail = error.errors()[0] if isinstance(error, ValidationError) else error
        raise IntentError(f"{path}: {detail}") from None
    if (len(read.plan.tasks) > 1) != (read.mode == "decomposed"):
        raise IntentError(f"{path}: mode {read.mode}, but the plan has {len(read.plan.tasks)} tasks")
    manifests = tuple(read.manifests.items())
    intent = Intent(
        title=read.title, body=read.body, paths=read.paths, manifests=manifests, projects=read.projects
    )  # fmt: skip
    return Case(name=path.stem, mode=read.mode, why=read.why, intent=intent, plan=read.plan)
