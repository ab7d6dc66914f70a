"""Files that an attempt changes outside of its task's scope: kept by name, few, and counted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.diff_findings import Finding
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.projects import MOST_DRIFT
from otto_bot.core.values import Frozen

RULE = "outside_scope"
_NAMED = 5


class Drift(Frozen):
    """What of an attempt's work lies outside of its scope. Long lists are cut; `count` is of all."""

    files: tuple[str, ...] = ()
    count: int = 0

    @property
    def more(self) -> int:
        """Files that are not named."""
        return self.count - len(self.files)


class Changed(NamedTuple):
    """One changed path, and what it holds afterwards: mode and blob, or `gone`."""

    path: str
    content: str


def drift(files: Sequence[str]) -> Drift:
    """What is kept of it."""
    return Drift(files=tuple(files[:MOST_DRIFT]), count=len(files))


def findings(changed: Sequence[Changed], files: Sequence[str], scope: Sequence[str]) -> tuple[Finding, ...]:
    """What a person is asked about, one for each file: a yes is for the file as it would be."""
    holds = {one.path: one.content for one in changed}
    where = f"the task is about {', '.join(scope[:_NAMED])}{' and more' if len(scope) > _NAMED else ''}"
    return tuple(Finding(rule=RULE, path=path, detail=where, content=holds.get(path, "")) for path in files)


def refused(task: str, attempt: int, sha: str, found: Drift, scope: Sequence[str]) -> Failure:
    """The failure of an attempt whose repository lets nothing outside of a scope be changed. Nobody accepts it."""
    shown = ", ".join(found.files[:_NAMED]) + (f" and {found.count - _NAMED} more" if found.count > _NAMED else "")
    return Failure(
        task=task,
        attempt=attempt,
        sha=sha,
        phase=Phase.PUSH,
        cause=Cause.HELD_BY_DIFF_GATE,
        detail=f"it changes files outside of its scope ({', '.join(scope)[:300]}): {shown}"[:1000],
        fingerprint="gate:outside_scope",
        suspected_files=found.files[:20],
    )
