"""How much one installation may ask of GitHub, and when: pure rules over what it did lately. Times are UTC seconds.

GitHub's own figures (docs.github.com, "Rate limits for the REST API" and "Best practices"): one write after the other
with a second between them, 80 requests that create content a minute and 500 an hour, 900 points a minute.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from otto_bot.core.values import Frozen

CONTENT_PER_MINUTE = 80
CONTENT_PER_HOUR = 500
CONTENT_OF_PLACE = 60
"""New comments on one issue or pull request within an hour: more than any run writes, and a part of what GitHub allows
an installation, so that one busy place leaves room for all others."""
POINTS_PER_MINUTE = 800
"""Of GitHub's 900: what is counted here and what GitHub counts may differ by a little."""
READ_POINTS = 1
WRITE_POINTS = 5
PROGRESS_SHARE = 0.6
"""The part of every budget that live progress may use; the rest is kept for decisions, replies, pushes and merges."""
PATIENCE = 5.0
"""Seconds that a request waits in place; what has to wait longer is tried again later."""
PROGRESS_PATIENCE = 1.0
LOW_SHARE = 0.1
"""Of the requests an hour that GitHub allows: when fewer are left, what can wait does."""
LOW_PAUSE = 600.0
FIRST_STRIKE = 60.0
LONGEST_STRIKE = 3600.0
QUIET = 900.0
"""Seconds without a limit after which the next unnamed one is a first one again."""
LONGEST_CLOSING = 7200.0
AHEAD = 30.0
"""Seconds that a time may lie ahead of the clock; further ahead means that the clock was set back."""

_MINUTE, _HOUR = 60.0, 3600.0
YIELDED = "live progress waits: decisions, replies and merges go first"
USED_UP = "Otto's own budget for writing is used up"
CROWDED = f"Otto has written {CONTENT_OF_PLACE} comments there within an hour"
FEW_LEFT = "few of GitHub's requests for this hour are left"


class Quota(Frozen):
    """GitHub's primary limit as its last answer told it; `reset` in UTC seconds."""

    limit: int = Field(ge=0)
    remaining: int = Field(ge=0)
    reset: float

    @property
    def low(self) -> bool:
        """Whether little is left."""
        return self.remaining < self.limit * LOW_SHARE

    def scarce(self, now: float) -> bool:
        """Whether little is left for now. What would end later than any limit was told wrongly, or the clock was set
        back since."""
        return self.low and now < self.reset <= now + LONGEST_CLOSING


class Ask(Frozen):
    """What someone wants to send: one write (`content` where GitHub counts it as content), or several reads at once."""

    write: bool = True
    content: bool = False
    points: int = Field(default=WRITE_POINTS, ge=0)
    yields: bool = False
    """Live progress: it gives way to everything else."""
    quota: Quota | None = None
    """What this process last heard of the primary limit."""
    place: str = ""
    """The issue or pull request that gets a new comment by it; empty = none does."""


class Slot(Frozen):
    """When it may be sent. Where it is not granted nothing was reserved, and `at` is when to ask again."""

    at: float
    granted: bool
    why: str = ""


class Account(Frozen):
    """What one installation did lately, and until when it is closed."""

    next_write_at: float = 0.0
    closed_until: float = 0.0
    closed_why: str = ""
    content: tuple[int, ...] = ()
    """Whole seconds at which content was created, oldest first, one entry a request."""
    points: tuple[tuple[int, int], ...] = ()
    """Second and points spent in it, oldest first."""
    places: dict[str, tuple[int, ...]] = {}
    """Issue or pull request → whole seconds at which it got a new comment within the hour, oldest first."""
    strikes: int = 0
    """Limits in a row, with less than a quarter of an hour between them."""
    quota: Quota | None = None


def reserve(account: Account, ask: Ask, now: float, pause: float) -> tuple[Account, Slot]:
    """Take a place for a request, or learn when to ask again. `pause` seconds lie between two writes."""
    account = heard(current(account, now, pause), ask.quota)
    if now < account.closed_until:
        return account, Slot(at=account.closed_until, granted=False, why=account.closed_why)
    quota = account.quota
    if ask.yields and quota is not None and quota.scarce(now):
        return account, Slot(at=min(quota.reset, now + LOW_PAUSE), granted=False, why=FEW_LEFT)
    at = max(now, account.next_write_at if ask.write else now, *_free(account, ask))
    if at - now > (PROGRESS_PATIENCE if ask.yields else PATIENCE):
        crowded = ask.place and len(account.places.get(ask.place, ())) >= CONTENT_OF_PLACE
        return account, Slot(at=at, granted=False, why=CROWDED if crowded else YIELDED if ask.yields else USED_UP)
    return _booked(account, ask, at, pause), Slot(at=at, granted=True)


def close(account: Account, until: float | None, why: str, now: float) -> Account:
    """GitHub named a limit: nothing is sent before `until`. None = it named no time: a minute, doubled on repetition.

    Where it names times that do not help (0, one that is past), the pause grows too, from a second. Answers to what was
    under way when the first one came are the same limit, not the next.
    """
    account = current(account, now, 0.0)
    strikes = account.strikes
    if now >= account.closed_until:
        strikes = strikes + 1 if now - account.closed_until < QUIET else 1
    elif until is None and strikes:
        return account
    growth = 2.0 ** min(max(strikes - 1, 0), 10)
    if until is None:
        until = now + min(FIRST_STRIKE * growth, LONGEST_STRIKE)
    until = min(max(until, now + min(growth, FIRST_STRIKE)), now + LONGEST_CLOSING)
    if until <= account.closed_until:
        return account
    return account.model_copy(update={"closed_until": until, "closed_why": why, "strikes": strikes})


def heard(account: Account, quota: Quota | None) -> Account:
    """The account with what GitHub said of its primary limit; of one hour the smallest number counts."""
    known = account.quota
    if quota is None or known == quota:
        return account
    if known is not None and (known.reset, -known.remaining) > (quota.reset, -quota.remaining):
        return account
    return account.model_copy(update={"quota": quota})


def current(account: Account, now: float, pause: float) -> Account:
    """The account as of now: what is past is forgotten, and a clock that was set back neither blocks nor forgives."""
    ahead = now + AHEAD
    changes: dict[str, object] = {
        "content": tuple(min(t, int(now)) if t > ahead else t for t in account.content if t + 1 + _HOUR > now),
        "points": tuple(
            (min(t, int(now)) if t > ahead else t, spent) for t, spent in account.points if t + 1 + _MINUTE > now
        ),
    }
    if account.places:
        changes["places"] = _recent(account.places, now)
    if account.next_write_at > ahead + pause:
        changes["next_write_at"] = now + pause
    if account.closed_until > now + LONGEST_CLOSING:
        changes["closed_until"] = now + LONGEST_CLOSING
    return account.model_copy(update=changes)


def _recent(places: Mapping[str, tuple[int, ...]], now: float) -> dict[str, tuple[int, ...]]:
    """Comments of the last hour; one that a wrong clock put into the future counts as written now."""
    kept = {
        place: tuple(min(t, int(now)) if t > now + AHEAD else t for t in seconds if t + 1 + _HOUR > now)
        for place, seconds in places.items()
    }
    return {place: seconds for place, seconds in kept.items() if seconds}


def _free(account: Account, ask: Ask) -> list[float]:
    """For each budget, the first time at which there is room in it."""
    share = PROGRESS_SHARE if ask.yields else 1.0
    times = [_points_free(account, ask.points, POINTS_PER_MINUTE * share)]
    if ask.content:
        for window, most in ((_MINUTE, CONTENT_PER_MINUTE), (_HOUR, CONTENT_PER_HOUR)):
            room = int(most * share)
            if len(account.content) >= room:
                # A whole second stands for up to a second later, so that no window ever holds more.
                times.append(account.content[len(account.content) - room] + 1 + window)
    here = account.places.get(ask.place, ()) if ask.place else ()
    if len(here) >= CONTENT_OF_PLACE:
        times.append(here[-CONTENT_OF_PLACE] + 1 + _HOUR)
    return times


def _points_free(account: Account, points: int, most: float) -> float:
    spent = points
    for second, more in reversed(account.points):
        spent += more
        if spent > most:
            return second + 1 + _MINUTE
    return 0.0


def _booked(account: Account, ask: Ask, at: float, pause: float) -> Account:
    second = int(at)
    spent = dict(account.points)
    spent[second] = spent.get(second, 0) + ask.points
    changes: dict[str, object] = {"points": tuple(sorted(spent.items()))}
    if ask.write:
        changes["next_write_at"] = at + pause
    if ask.content:
        changes["content"] = tuple(sorted((*account.content, second)))
    if ask.place:
        changes["places"] = {**account.places, ask.place: tuple(sorted((*account.places.get(ask.place, ()), second)))}
    return account.model_copy(update=changes)
