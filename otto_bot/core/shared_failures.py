"""Failures that are not one attempt's own: the base has them too, they come and go, or everybody has them at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from otto_bot.core.attempt import BASELINE, Ending
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.values import Frozen

SYSTEMIC_HEADS = 3
SYSTEMIC_WITHIN = timedelta(hours=24)
FLAKY_WITHIN = timedelta(days=14)

WEIGHED = frozenset({Cause.DEPENDENCY, Cause.BUILD, Cause.LINT, Cause.TEST, Cause.TIMEOUT, Cause.INFRA})
"""Causes that say what failed and not whose it is. The others already have their one move, or say too little."""


class VerdictSeen(Frozen):
    """What Actions once said about a head of any run in the repository."""

    run: int
    issue: int
    target: str
    sha: str
    at: datetime
    ending: Ending
    fingerprint: str = ""


def weighed(failure: Failure, seen: Sequence[VerdictSeen], *, issue: int, again: bool, now: datetime) -> Failure:
    """The failure with the cause that others share: base_red before flaky before systemic, else as it is.

    `seen` are verdicts of this repository, in any order; `issue` is the one whose run failed now; `again`: these jobs
    ran before on the same commit, so that what fails now is no chance.
    """
    if failure.pre_existing and failure.cause in WEIGHED | {Cause.UNKNOWN}:
        return _as(failure, Cause.BASE_RED, "everything that fails here fails on the base commit too")
    if failure.cause not in WEIGHED or not failure.fingerprint:
        return failure
    same = [one for one in seen if one.fingerprint == failure.fingerprint and one.target != BASELINE]
    if not again and failure.cause is not Cause.INFRA and (sha := _came_and_went(same, seen, now)):
        words = f"the same failure was gone when the jobs of {sha[:7]} ran again"
        return _as(failure.model_copy(update={"flaky": True}), Cause.FLAKY, words)
    heads = unrelated_heads(same, issue, now) + 1
    if heads >= SYSTEMIC_HEADS:
        words = f"{heads} unrelated heads failed in the same way within {SYSTEMIC_WITHIN.total_seconds() / 3600:.0f} h"
        return _as(failure, Cause.SYSTEMIC, words)
    return failure


def unrelated_heads(same: Sequence[VerdictSeen], issue: int, now: datetime) -> int:
    """Heads of other issues that failed so lately; heads of one issue share their plan and are one."""
    lately = {one.issue for one in same if now - one.at <= SYSTEMIC_WITHIN}
    return len(lately - {issue})


def _came_and_went(same: Sequence[VerdictSeen], seen: Sequence[VerdictSeen], now: datetime) -> str:
    """A commit that failed so and was green when its jobs ran again; empty where there is none."""
    for red in same:
        if now - red.at <= FLAKY_WITHIN and any(
            one.ending == "green"
            and (one.run, one.target, one.sha) == (red.run, red.target, red.sha)
            and one.at > red.at
            for one in seen
        ):
            return red.sha
    return ""


def _as(failure: Failure, cause: Cause, signal: str) -> Failure:
    return failure.model_copy(update={"cause": cause, "class_hint": None, "signals": (*failure.signals, signal)})
