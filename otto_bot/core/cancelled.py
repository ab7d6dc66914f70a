"""Who cancelled a workflow run: a person, a concurrency group, or nobody knows. Read from what GitHub left behind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from otto_bot.core.evidence import Failure
from otto_bot.core.values import Frozen

By = Literal["person", "group", "newer_head", "unknown"]
MARK = "cancelled:"
_PERSON = re.compile(r"^The run was cancell?ed by @([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))\.?$")
_GROUP = re.compile(
    r"^Canceling since a (?:higher priority waiting request|deadlock)\b(?: was detected)?(?: for (.{1,120}?) exists)?"
)


class RunOf(Frozen):
    """Another run of the same workflow, begun after the cancelled one and before it was cancelled."""

    branch: str


class CancelledBy(Frozen):
    """`who` is a person's login, or the name of a concurrency group; it may be empty."""

    by: By = "unknown"
    who: str = ""

    @property
    def conclusion(self) -> str:
        """As a failure keeps it."""
        return f"{MARK}{self.by}@{self.who}"


def why_cancelled(
    notes: Sequence[str], *, jobs: int, newer: Sequence[RunOf], branch: str, shares: str = ""
) -> CancelledBy:
    """`notes` are the annotations of its cancelled jobs, `jobs` how many jobs it had, `newer` the runs begun since.

    A run that waited for its group when it was cancelled has no job, and so no words: a newer run tells.
    """
    for note in notes:
        if match := _PERSON.match(note.strip()):
            return CancelledBy(by="person", who=match[1])
    group = next((match for note in notes if (match := _GROUP.match(note.strip()))), None)
    if group is None and (jobs or not newer):
        return CancelledBy()
    name = (group[1] or "").strip("'\"") if group is not None else shares
    if any(one.branch == branch for one in newer):
        return CancelledBy(by="newer_head", who=name)
    return CancelledBy(by="group", who=name)


def cancelled_by(failure: Failure | None) -> CancelledBy | None:
    """What a failure says about who cancelled its run; None where it was not cancelled, or nobody looked."""
    if failure is None or not failure.conclusion.startswith(MARK):
        return None
    by, _, who = failure.conclusion.removeprefix(MARK).partition("@")
    return CancelledBy.model_validate({"by": by, "who": who})


WORDS: dict[By, str] = {
    "person": "@{who} cancelled the workflow run",
    "group": "a newer run in the same concurrency group{who} cancelled the workflow run",
    "newer_head": "a newer commit on the same branch cancelled the workflow run",
    "unknown": "the workflow run was cancelled, and GitHub does not say by whom",
}


def words(found: CancelledBy) -> str:
    """The same for people."""
    who = found.who if found.by == "person" else f" `{found.who}`" if found.who else ""
    return WORDS[found.by].replace("{who}", who)
