"""The judge's verdict: one status for each criterion, with its ground; the total is computed, never believed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.plan import TaskSpec
from otto_bot.core.values import Frozen


class VerdictItem(Frozen):
    """What the judge says of one criterion."""

    id: Annotated[str, Field(max_length=8)]
    status: Literal["met", "not_met", "unclear"]
    evidence: Annotated[str, Field(max_length=1000)] = ""


class Verdict(Frozen):
    """The judge's words. `summary` is shown; only the items count."""

    items: tuple[VerdictItem, ...]
    summary: Annotated[str, Field(max_length=1000)] = ""


class Assessment(Frozen):
    """A verdict held against the task: what fails, and what the judge left out."""

    passed: bool
    failing: tuple[VerdictItem, ...]
    forgotten: tuple[str, ...]
    unknown: tuple[str, ...]


def assess(task: TaskSpec, verdict: Verdict) -> Assessment:
    """Passed only if every [must] criterion is met. A forgotten one is the judge's fault: ask again."""
    said = {item.id: item for item in verdict.items}
    musts = [criterion.id for criterion in task.criteria if criterion.level == "must"]
    known = {criterion.id for criterion in task.criteria}
    failing = tuple(said[key] for key in musts if key in said and said[key].status != "met")
    forgotten = tuple(key for key in musts if key not in said)
    unknown = tuple(sorted(set(said) - known))
    return Assessment(passed=not failing and not forgotten, failing=failing, forgotten=forgotten, unknown=unknown)
