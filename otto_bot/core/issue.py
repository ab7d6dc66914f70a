"""The text of an issue: what a run was given to work on, and what is known of it now."""

from __future__ import annotations

import hashlib
from datetime import datetime

from otto_bot.core.values import Frozen

MOST_EDITORS = 5
MOST_EDITS = 20
"""Edits that a run is told while nobody says what to read. Whoever can edit the issue could go on for ever."""
MOST_TURNS = 3
"""Edited, put back, edited again: from then on the plan waits for a person, however the issue reads."""


class IssueText(Frozen):
    """Title and body of an issue. `as_of`: GitHub's time of its last change (whole seconds), where that is known."""

    title: str
    body: str
    as_of: datetime | None = None

    @property
    def digest(self) -> str:
        """The same for the same text; how lines end makes no difference."""
        return digest_of(self.title, self.body)


class IssueSeen(Frozen):
    """What the issue said when somebody looked last.

    `by` are logins of those who edited it since it differs from what the run works on, oldest first, at most
    MOST_EDITORS; an empty login is someone nobody saw. `title_changed` and `body_changed` are against that text.
    """

    digest: str
    by: tuple[str, ...] = ()
    title_changed: bool = False
    body_changed: bool = False
    as_of: datetime | None = None
    edits: int = 0
    """Told since a person last said what to read; `turns` of them between that text and another one, to and fro."""
    turns: int = 0


def digest_of(title: str, body: str) -> str:
    """Digest of an issue's text."""
    plain = "\0".join(_lines(part) for part in (title, body))
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:32]


def same(one: str, other: str) -> bool:
    """Whether two texts are the same to a reader: GitHub's page ends lines otherwise than its API."""
    return _lines(one) == _lines(other)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip()
