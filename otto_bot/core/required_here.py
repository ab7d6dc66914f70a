"""Which checks of the default branch nothing can ever report on a branch of Otto's: those hold its merge for ever."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otto_bot.core.lanes import Workflow, started
from otto_bot.core.values import Frozen

ACTIONS_APP = 15368
"""GitHub Actions on github.com; elsewhere it has another id, and then a check may be anybody's."""


class Demanded(Frozen):
    """A required check; `app` where the rule names the one that must report it."""

    name: str
    app: int | None = None


class Sorted(NamedTuple):
    """Names of required checks, in order."""

    reported: tuple[str, ...] = ()
    """A job that starts for Otto's pull requests has this name."""
    others: tuple[str, ...] = ()
    """No workflow here has a job of that name: another App reports it, or nobody."""
    never: tuple[str, ...] = ()
    """Only workflows have it that do not start for a pull request of Otto's."""


def sort(
    demanded: Iterable[Demanded], workflows: Sequence[Workflow], branch: str, default_branch: str, repository: str
) -> Sorted:
    """By the files of the default branch. A job of a matrix reports names that begin as its own does."""
    events = ("push", "pull_request")
    by_event = [one for event in events for one in started(workflows, event, branch, default_branch, repository)]  # type: ignore[arg-type]
    ours = {job for one in by_event for job in one.jobs}
    theirs = {name for workflow in workflows for name in workflow.jobs.values()}
    reported, others, never = [], [], []
    for one in demanded:
        if _among(one.name, ours):
            reported.append(one.name)
        elif _among(one.name, theirs) or one.app == ACTIONS_APP:
            never.append(one.name)
        else:
            others.append(one.name)
    return Sorted(tuple(reported), tuple(others), tuple(never))


def _among(name: str, jobs: Iterable[str]) -> bool:
    return any(name == job or name.startswith((f"{job} (", f"{job} / ")) for job in jobs)
