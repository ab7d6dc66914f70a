"""The simulated GitHub: its own state, and the news that it sends about every change of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from otto_bot.bench.simulate.actions import Actions
from otto_bot.bench.simulate.clock import Clock
from otto_bot.bench.simulate.lives import Life
from otto_bot.bench.simulate.makers import OTTO
from otto_bot.bench.simulate.refs import BASE, Commit, Refs
from otto_bot.bench.simulate.rules import hold
from otto_bot.core.issue import IssueText
from otto_bot.core.lanes import LaneKind
from otto_bot.core.reviews import Review

News = Callable[[str, object], None]


@dataclass
class Comment:
    """One of Otto's comments: `says` is what can be read in it, `text` its words where they are compared."""

    id: int
    marker: str
    where: int
    says: dict[str, object]
    at: datetime
    edits: int = 0


@dataclass(frozen=True)
class Said:
    """A person's comment with a command, a ticked box or a pressed button."""

    id: int
    line: str
    key: str
    at: datetime
    plain: bool = True
    """Whether it is a comment: catch-up finds no lost clicks."""


@dataclass
class Pull:
    """A pull request."""

    number: int
    branch: str
    open: bool = True
    merged: bool = False


@dataclass
class Issue:
    """The issue, as GitHub has it."""

    text: IssueText = field(default_factory=lambda: IssueText(title="T", body="B"))
    open: bool = True
    labelled: int = 1
    """How often the label was put on; the last time it may have been taken off again."""
    label: bool = True
    labelled_at: datetime | None = None
    closed_at: datetime | None = None
    unlabelled_at: datetime | None = None


class GitHub:
    """Everything that is on GitHub. Writes of Otto go through verbs that find before they create."""

    def __init__(self, life: Life, clock: Clock, news: News) -> None:
        self._clock = clock
        self._news = news
        self._serial = 100
        self.dice = random.Random(f"github/{life.seed}")  # noqa: S311 - dice, no secret
        self.lane = life.lane
        self.issue = Issue(labelled_at=clock.true)
        self.comments: dict[str, Comment] = {}
        self.said: list[Said] = []
        self.reviews: list[tuple[Review, datetime]] = []
        self.pulls: dict[int, Pull] = {}
        self.checks: dict[tuple[str, str], tuple[int, str]] = {}
        self.labels: dict[str, bool] = {}
        self.refs = Refs(life.seed, self._pushed)
        self.actions = Actions(life, clock, self.number, lambda sha: news("reported", sha))

    def number(self) -> int:
        """A new id."""
        self._serial += 1
        return self._serial

    def _pushed(self, branch: str, commit: Commit, author: str) -> None:
        if branch != BASE:
            pulled = self.lane is LaneKind.PULL_REQUEST and self.pull_of(branch) is not None
            if self.lane is LaneKind.PUSH or pulled:
                self.actions.start(commit, branch)
        if author != OTTO:
            self._news("pushed", (branch, commit.sha, author))

    def upsert(self, marker: str, where: int, says: dict[str, object]) -> int:
        """Write or edit the comment with this marker."""
        known = self.comments.get(marker)
        if known is None:
            self.comments[marker] = known = Comment(self.number(), marker, where, says, self._clock.true)
        else:
            hold(7, known.where == where, f"{marker} stands on #{known.where} and is written on #{where}")
            known.says, known.at, known.edits = says, self._clock.true, known.edits + 1
        return known.id

    def tells(self, marker: str, what: str) -> object:
        """What a comment that stands says about something; None = nothing, or there is none."""
        comment = self.comments.get(marker)
        return None if comment is None else comment.says.get(what)

    def check(self, sha: str, name: str, words: str) -> int:
        """Write or update a check."""
        number, _ = self.checks.get((sha, name), (0, ""))
        self.checks[sha, name] = (number or self.number(), words)
        return self.checks[sha, name][0]

    def open_pull(self, branch: str) -> Pull:
        """The open pull request of a branch, made where there is none."""
        known = self.pull_of(branch)
        if known is None:
            known = Pull(self.number(), branch)
            self.pulls[known.number] = known
            if self.lane is LaneKind.PULL_REQUEST:
                self.actions.start(self.refs.commits[self.refs.heads[branch]], branch)
        return known

    def pull_of(self, branch: str) -> Pull | None:
        """The newest pull request of a branch that is open."""
        return next((one for one in reversed(self.pulls.values()) if one.branch == branch and one.open), None)

    def close_pull(self, number: int, merged: bool, by: str) -> None:
        """Close or merge a pull request."""
        pull = self.pulls[number]
        pull.open, pull.merged = False, merged
        if by != OTTO:
            self._news("pull_closed", number)

    def reopen_pull(self, number: int) -> None:
        """Open what was closed without being merged."""
        self.pulls[number].open = not self.pulls[number].merged

    def comment(self, line: str, *, key: str = "", at: datetime | None = None) -> Said:
        """A person writes a command, or clicks what means it."""
        number = self.number()
        said = Said(number, line, key or f"comment/{number}", at or self._clock.true, plain=not key)
        self.said.append(said)
        self._news("said", said)
        return said

    def review(self, review: Review) -> None:
        """A person asks for changes."""
        self.reviews.append((review, self._clock.true))
        self._news("review", review)

    def edit(self, text: IssueText, by: str) -> None:
        """A person edits the issue."""
        self.issue.text = text
        self._news("edited", (text, by))

    def close_issue(self) -> None:
        """A person closes the issue."""
        self.issue.open, self.issue.closed_at = False, self._clock.true
        self._news("issue_ended", "closed")

    def unlabel(self) -> None:
        """A person takes the label off."""
        self.issue.label, self.issue.unlabelled_at = False, self._clock.true
        self._news("issue_ended", "unlabelled")

    def label(self) -> None:
        """A person puts the label on, maybe once more."""
        self.issue.label, self.issue.open, self.issue.labelled = True, True, self.issue.labelled + 1
        self.issue.labelled_at = self._clock.true
        self._news("labelled", self.issue.labelled)
