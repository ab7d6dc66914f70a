"""What refusing costs: whoever may not act gets an answer, and cannot make Otto write on and on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from otto_bot.core.values import Frozen

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PERSON_A_DAY = 5
"""Written refusals for one person in a day, wherever they write."""
MOST_AN_HOUR = 40
"""Words and faces in an hour for everybody of an installation. GitHub lets an App write 500 things in an hour."""
MOST_A_DAY = 200
MOST_SILENT = 300
"""Deeds without an answer that are remembered: they, too, stay refused when they are found again."""

WRITE_NEEDED = "write permission in this repository is needed"
"""Why most people are refused; a role of one's own may be the reason."""

How = Literal["words", "face", "nothing"]


class Refused(Frozen):
    """Someone who may not act was told so: by a comment (`words`), by 😕 (`face`), or not at all any more (`nothing`).

    `key` is what they did; `where` the repository and the issue or pull request.
    """

    key: str
    person: int
    where: tuple[int, int]
    at: datetime
    how: How
    why: str = ""


class Refusals(Frozen):
    """Those of the last day in one installation, oldest first."""

    lately: tuple[Refused, ...] = ()

    def known(self, key: str) -> Refused | None:
        """How this very deed was answered before, if it was."""
        return next((one for one in self.lately if one.key == key), None)

    def after(self, one: Refused) -> Refusals:
        """With one more; what is older than a day goes, and the oldest of what is too much."""
        kept = [*(old for old in self.lately if one.at - old.at < DAY), one]
        told, silent = _told(kept), [old for old in kept if old.how == "nothing"]
        gone = (*told[:-MOST_A_DAY], *silent[:-MOST_SILENT])
        return Refusals(lately=tuple(old for old in kept if old not in gone))


def how_to_refuse(before: Refusals, person: int, where: tuple[int, int], at: datetime) -> How:
    """In words once a day for each person and place, then by a face once; nothing where that were too much in all."""
    today = [one for one in _told(before.lately) if at - one.at < DAY]
    this_hour = [one for one in today if at - one.at < HOUR]
    if len(today) >= MOST_A_DAY or len(this_hour) >= MOST_AN_HOUR:
        return "nothing"
    theirs = [one for one in today if one.person == person]
    if not _said(theirs, where, "words") and sum(one.how == "words" for one in theirs) < PERSON_A_DAY:
        return "words"
    return "nothing" if _said(theirs, where, "face") else "face"


def _told(lately: Sequence[Refused]) -> list[Refused]:
    return [one for one in lately if one.how != "nothing"]


def _said(theirs: Sequence[Refused], where: tuple[int, int], how: How) -> bool:
    return any(one.where == where and one.how == how for one in theirs)
