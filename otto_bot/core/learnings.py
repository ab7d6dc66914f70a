"""Learnings: facts about a repository that outlive a run; which of them may be told, kept, and within what bounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field

from otto_bot.core.commands import Given
from otto_bot.core.learning_words import WHOLE, tidy, unsafe
from otto_bot.core.values import Frozen

MOST_A_GATE = 10
"""Learnings that one decision may propose."""
MOST_TOLD = 40
TOLD_CHARS = 3500
"""Bounds of what one prompt is told; the prompt's own section holds 4,000 characters."""


class LearningStatus(StrEnum):
    """Where a learning stands. Only a person leads out of `forgotten`."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    FORGOTTEN = "forgotten"


class Source(Frozen):
    """A learning's ground: words of one piece of evidence, where it stands, and the hash of all of it."""

    quote: str
    place: str = ""
    url: str = ""
    sha256: str = ""
    task: str = ""
    attempt: int = 0


class Proposal(Frozen):
    """A learning as a gate proposes it: cleaned and checked. `index` is its place in the decision."""

    index: int
    text: str
    scope: str = WHOLE
    sources: tuple[Source, ...] = ()
    verbatim: bool = False
    run: int
    gate: int
    author: str
    model: str = ""

    @property
    def origin(self) -> str:
        """Names this proposal, however often it is made."""
        return f"run/{self.run}/g{self.gate}/{self.index}"


class StoredLearning(Frozen):
    """A learning as the store holds it. `used`, `helped`, `failed` count attempts that had it in their prompt."""

    repo: int
    repo_name: str
    number: int
    text: str
    scope: str = WHOLE
    status: LearningStatus = LearningStatus.PROPOSED
    verbatim: bool = False
    """Its words stand in the evidence itself: written by others, so only a person can keep it."""
    sources: tuple[Source, ...] = ()
    run: int | None = None
    gate: int = 0
    author: str = ""
    model: str = ""
    accepted_by: str = ""
    """`helped: run 7 t2 a2` or `@login`."""
    forgotten_by: str = ""
    created_at: datetime
    accepted_at: datetime | None = None
    forgotten_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime
    used: int = 0
    helped: int = 0
    failed: int = 0

    @property
    def name(self) -> str:
        """As people say it: `L3`."""
        return f"L{self.number}"

    def expired(self, now: datetime) -> bool:
        """Not used for so long that it is not told any more."""
        return self.expires_at <= now

    @property
    def decided_by(self) -> str:
        """Who or what brought it to where it stands."""
        by = {LearningStatus.ACCEPTED: self.accepted_by, LearningStatus.FORGOTTEN: self.forgotten_by}
        return by.get(self.status, "")


class Told(Frozen):
    """A learning as one attempt was told it: text and source stay what they were, whatever is decided later."""

    number: Annotated[int, Field(ge=1)]
    text: str
    scope: str = WHOLE
    source: str = ""

    @property
    def line(self) -> str:
        """One line of a prompt."""
        where = "" if self.scope == WHOLE else f" · holds for {self.scope}"
        return f"L{self.number} ({self.source}{where}): {self.text}"


class GateLearning(Frozen):
    """What became of one learning that a decision proposes. `number` 0 = it was not stored, `by` says why."""

    index: int
    number: int = 0
    status: LearningStatus | None = None
    by: str = ""
    verbatim: bool = False


class LearningOrder(Frozen):
    """A person's `/otto keep L3` or `/otto forget L3` that waits to be carried out."""

    number: int
    given: Given


class OrderAnswer(Frozen):
    """What came of an order: the key of a reply, and its detail."""

    number: int
    key: str
    detail: str


class Standing(Frozen):
    """Where a learning stands now, and through whom."""

    number: int
    status: LearningStatus
    by: str = ""


def in_scope(scope: str, files: Sequence[str]) -> bool:
    """Whether a fact about `scope` matters for work on `files` (paths, folders or globs); no files = any may be."""
    if scope == WHOLE or not files:
        return True
    return any(_touches(scope, path.removeprefix("./")) for path in files)


def _touches(scope: str, path: str) -> bool:
    folder = scope.rstrip("/")
    if fnmatchcase(path, scope) or fnmatchcase(path, folder) or fnmatchcase(path, f"{folder}/*"):
        return True
    if scope.startswith("**/") and fnmatchcase(path, scope[3:]):
        return True
    # A task that names a folder or a glob may touch what lies within.
    fixed = re.split(r"[*?\[]", scope, maxsplit=1)[0]
    own = re.split(r"[*?\[]", path, maxsplit=1)[0]
    return (path.endswith("/") or own != path) and own != "" and fixed.startswith(own)


def refusal(learning: StoredLearning, protected: tuple[str, ...], *, person: bool) -> str | None:
    """Why a learning may not become accepted; None = it may. What helped is not asked to be right by itself."""
    if problem := unsafe(learning.text, protected):
        return problem
    if person:
        return None
    if learning.status is LearningStatus.FORGOTTEN:
        return "a person dropped it"
    return "its words stand in the evidence itself, so only a person can keep it" if learning.verbatim else None


def tellable(learning: StoredLearning, own: frozenset[int], protected: tuple[str, ...], now: datetime) -> bool:
    """Whether a prompt may hold it: accepted and in use, or proposed at an applied gate of this very run (`own`)."""
    if learning.status is LearningStatus.FORGOTTEN or unsafe(learning.text, protected):
        return False
    if learning.number in own:
        return True
    return learning.status is LearningStatus.ACCEPTED and not learning.expired(now)


def pick(
    learnings: Iterable[StoredLearning],
    *,
    own: frozenset[int] = frozenset(),
    files: Sequence[str] = (),
    protected: tuple[str, ...] = (),
    now: datetime,
    chars: int = TOLD_CHARS,
) -> tuple[Told, ...]:
    """What one prompt is told, within the budget: in scope; the run's own first, then the most helpful, the newest."""
    fit = [one for one in learnings if in_scope(one.scope, files) and tellable(one, own, protected, now)]
    told: list[Told] = []
    for learning in sorted(fit, key=lambda one: _worth(one, own), reverse=True):
        line = Told(number=learning.number, text=learning.text, scope=learning.scope, source=source_of(learning))
        if len(line.line) + 3 <= chars and len(told) < MOST_TOLD:
            chars -= len(line.line) + 3
            told.append(line)
    return tuple(told)


def _worth(learning: StoredLearning, own: frozenset[int]) -> tuple[bool, int, datetime, int]:
    when = learning.accepted_at or learning.created_at
    return learning.number in own, learning.helped - learning.failed, when, learning.number


def source_of(learning: StoredLearning) -> str:
    """Why it is believed, for a prompt."""
    made = f"from run {learning.run}, gate {learning.gate}" if learning.run else "imported"
    if learning.status is LearningStatus.ACCEPTED:
        return f"{made}; accepted, {tidy(learning.accepted_by)}"
    return f"{made}; proposed, not proven"
