"""What bars a run from its repository: archived, suspended, taken out; and a repository that is called otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.event_base import Event
from otto_bot.core.values import Frozen, Repo

BarredBy = Literal["archived", "suspended", "removed"]
"""GitHub refuses every write; gives out no token; or the App may not use the repository any more."""


class Bar(Frozen):
    """One reason why nothing can be done on GitHub, and since when; `until` once it is over."""

    by: BarredBy
    since: datetime
    until: datetime | None = None


class IssueGone(Frozen):
    """The run's issue is not there any more. `to`: where it was moved, as `owner/name#number`, where that is known.

    `at_work`: the run ended by it, so that people are told.
    """

    what: Literal["transferred", "deleted"]
    to: str = ""
    at_work: bool = False


ISSUE_GONE = "issue-gone"
"""Name of the comment that says where the issue went."""


class Barred(Event):
    """Nothing can be done on GitHub from now on. One that is there already changes nothing."""

    type: Literal["Barred"] = "Barred"
    by: BarredBy


class Unbarred(Event):
    """This reason is gone; with the last one the run goes on where it was."""

    type: Literal["Unbarred"] = "Unbarred"
    by: BarredBy


class RightsAccepted(Event):
    """An owner accepted the rights that the App asks for."""

    type: Literal["RightsAccepted"] = "RightsAccepted"


class RepositoryMoved(Event):
    """The repository of this id has another name, owner, default branch or installation."""

    type: Literal["RepositoryMoved"] = "RepositoryMoved"
    repo: Repo
