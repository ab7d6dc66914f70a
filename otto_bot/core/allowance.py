"""What may be begun and spent in a day (UTC), by whom, and when it opens again: pure rules over what is used."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from pydantic import Field

from otto_bot.core.values import Frozen

DAY_SECONDS = 86_400
RUNS_OF_ISSUE = 6
"""So often one issue begins a run within an hour; then its label rests until the oldest of them is an hour old."""
ISSUE_SECONDS = 3600.0
_TINY = 1e-9

UsdADay = Annotated[float, Field(gt=0, allow_inf_nan=False)]
RunsADay = Annotated[int, Field(ge=1, le=1_000_000)]


class Allowance(Frozen):
    """Of one day. None = no limit."""

    usd: UsdADay | None = 500
    """US dollars, over all installations of the host."""
    usd_per_installation: UsdADay | None = 200
    runs_per_repository: RunsADay | None = 100
    """Runs that begin; one that goes on after a rest is not counted again."""
    runs_per_person: RunsADay | None = 50
    """By whoever put the label on or gave the command, over all repositories."""

    @property
    def counts_money(self) -> bool:
        """Whether there is a limit of money."""
        return self.usd is not None or self.usd_per_installation is not None

    @property
    def counts_runs(self) -> bool:
        """Whether there is a limit of runs."""
        return self.runs_per_repository is not None or self.runs_per_person is not None


class Spent(NamedTuple):
    """US dollars of one day: settled, and the worst case of calls that are under way."""

    installation: float = 0.0
    host: float = 0.0


class Shut(Frozen):
    """Why a call is not paid now. `until` in UTC seconds: it fits then at the latest; None = on no day."""

    why: str
    until: float | None


class Begins(NamedTuple):
    """A run that has not begun yet. Older runs have smaller ids and come first."""

    run: int
    repository: int
    person: int


class Begun(NamedTuple):
    """How many runs began today, by repository and by person."""

    repositories: Mapping[int, int]
    persons: Mapping[int, int]


def day_of(now: float) -> int:
    """The number of the UTC day since 1970."""
    return math.floor(now / DAY_SECONDS)


def day_ends(now: float) -> float:
    """When the UTC day is over, in UTC seconds."""
    return float((day_of(now) + 1) * DAY_SECONDS)


def money_shut(allowance: Allowance, usd: float, spent: Spent, now: float) -> Shut | None:
    """Why a call that may cost `usd` is not paid; None = it is. What fits into no day is told so."""
    for most, used, one in (
        (allowance.usd_per_installation, spent.installation, True),
        (allowance.usd, spent.host, False),
    ):
        if most is None or used + usd <= most + _TINY:
            continue
        whose, name = _whose(one)
        limit = f"this host's limit of ${most:.2f} a day for {whose}"
        if usd > most + _TINY:
            why = f"one call of a model may cost up to ${usd:.2f}, and {limit} is below that: whoever hosts Otto"
            return Shut(why=f"{why} raises {name}, or the repository names a cheaper model", until=None)
        return Shut(
            why=f"{limit} leaves too little for its next call of a model, which may cost up to ${usd:.2f}",
            until=day_ends(now),
        )
    return None


def _whose(one: bool) -> tuple[str, str]:
    if one:
        return "one account", "OTTO_MAX_USD_PER_DAY_PER_INSTALLATION"
    return "all accounts together", "OTTO_MAX_USD_PER_DAY"


def held_today(waiting: Sequence[Begins], begun: Begun, allowance: Allowance) -> dict[int, str]:
    """Runs that may not begin today, with the reason: the oldest of each take what is left of the day."""
    repositories, persons = dict(begun.repositories), dict(begun.persons)
    held: dict[int, str] = {}
    for one in sorted(waiting):
        reason = _full(repositories.get(one.repository, 0), allowance.runs_per_repository, "this repository") or _full(
            persons.get(one.person, 0), allowance.runs_per_person, "whoever started it"
        )
        if reason:
            held[one.run] = reason
            continue
        repositories[one.repository] = repositories.get(one.repository, 0) + 1
        persons[one.person] = persons.get(one.person, 0) + 1
    return held


def _full(used: int, most: int | None, whom: str) -> str:
    if most is None or used < most:
        return ""
    return f"{used} {'run' if used == 1 else 'runs'} began today for {whom}, and this host's limit is {most} a day"


def opens_again(started: Sequence[float], now: float) -> datetime | None:
    """When an issue may begin its next run, by the times at which its runs began; None = now.

    A label that is put on and taken off again and again begins a run each time, each with comments of its own.
    """
    lately = sorted(at for at in started if now - ISSUE_SECONDS < at <= now)
    if len(lately) < RUNS_OF_ISSUE:
        return None
    return datetime.fromtimestamp(lately[-RUNS_OF_ISSUE] + ISSUE_SECONDS, UTC)
