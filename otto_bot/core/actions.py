"""What Actions says about one head: a pure reading of its workflow runs and required contexts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from otto_bot.core.attempt import Ending
from otto_bot.core.config import VerifyConfig
from otto_bot.core.pauses import key_of, pause
from otto_bot.core.required import Required, told, weigh
from otto_bot.core.values import Frozen

QUEUED_TOO_LONG = timedelta(minutes=15)
NO_RUN_FACTOR = 10
"""A head for which no run appears within this many settle times has no CI."""
NO_RUN_LEAST = 2.0
"""Seconds that it has in any case."""
BAD = frozenset({"failure", "timed_out", "startup_failure", "stale"})


class RunSeen(Frozen):
    """One workflow run, or a required context in the same shape."""

    id: int
    name: str
    status: str
    conclusion: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    attempt: int = 1
    url: str = ""


class Seen(Frozen):
    """The verdict so far. No ending = look again after `seconds`; `waiting` says what for, in words."""

    ending: Ending | None = None
    waiting: str = ""
    seconds: float = 0.0
    reason: Literal["", "no_run", "approval", "environment", "queued", "required"] = ""
    red: tuple[Required, ...] = ()
    """Required checks that failed, where all workflows are green."""
    left: tuple[str, ...] = ()
    """Required checks that are left to people."""


def read_runs(
    runs: Sequence[RunSeen], required: Sequence[Required], *, started_at: datetime, now: datetime, polls: int,
    verify: VerifyConfig, hearing: bool = False, reported: Sequence[str] = (),
    left_on_base: Collection[str] | None = (),
) -> Seen:  # fmt: skip
    """What these runs amount to. `required` are the other checks that must be green, once every run has ended.

    `hearing`: webhooks arrive, so that nothing need be asked often. `reported` are the runs whose end they told, as
    `id/attempt`. `left_on_base`: see `core.required`.
    """
    settle = verify.settle_seconds
    ended = {key_of(run.id, run.attempt) for run in runs if run.status == "completed"}
    wait = pause(polls, hearing=hearing, behind=bool({*reported} & {key_of(r.id, r.attempt) for r in runs} - ended))
    late = now - started_at > timedelta(minutes=verify.timeout_minutes)
    if not runs:
        return Seen(ending="timed_out") if late else _none(started_at, now, settle, wait)
    blocked = _blocked(runs, now)
    if blocked is not None:
        return blocked
    running = [run.name for run in runs if run.status != "completed"]
    if running:
        return Seen(ending="timed_out") if late else Seen(waiting=_waits(running), seconds=wait)
    last = max((run.updated_at for run in runs if run.updated_at is not None), default=started_at)
    quiet = (now - max(last, started_at)).total_seconds()
    found = weigh(required, quiet=quiet, settle=settle, left_on_base=left_on_base)
    if found.waits and late:
        return Seen(ending="timed_out", waiting=f"no report in time from {', '.join(found.waits)}"[:300])
    if found.waits:
        # The moment in which others are waited for no longer is a date of its own.
        return Seen(waiting=_waits(found.waits), seconds=min(wait, found.seconds + 0.05) if found.seconds else wait)
    if settle - quiet > 0:
        return Seen(waiting="all workflows have ended; waits whether more start", seconds=settle - quiet + 0.05)
    ending = _ending(runs)
    if found.red and ending in ("green", "neutral"):
        return Seen(ending="red", reason="required", waiting=told(found.red), red=found.red, left=found.left)
    return Seen(ending=ending, left=found.left)


def _none(started_at: datetime, now: datetime, settle: float, wait: float) -> Seen:
    no_run = max(settle * NO_RUN_FACTOR, NO_RUN_LEAST) - (now - started_at).total_seconds()
    if no_run < 0:
        return Seen(ending="no_ci", reason="no_run")
    # The moment in which it counts as having no CI is a date of its own, not a look in between.
    return Seen(waiting="GitHub has not started a workflow for this commit yet", seconds=min(wait, no_run + 0.05))


def _waits(names: Sequence[str]) -> str:
    return f"waits for {', '.join(names)}"[:300]


def _blocked(runs: Sequence[RunSeen], now: datetime) -> Seen | None:
    for run in runs:
        if run.conclusion == "action_required" or run.status == "action_required":
            return Seen(ending="blocked", reason="approval", waiting=f"{run.name} waits for someone to approve it")
        if run.status == "waiting":
            return Seen(
                ending="blocked", reason="environment", waiting=f"{run.name} waits for an environment's approval"
            )
        if run.status == "queued" and run.created_at is not None and now - run.created_at > QUEUED_TOO_LONG:
            return Seen(ending="blocked", reason="queued", waiting=f"{run.name} has been queued for over 15 minutes")
    return None


def _ending(runs: Sequence[RunSeen]) -> Ending:
    conclusions = {run.conclusion for run in runs}
    if conclusions & BAD:
        only_late = conclusions & BAD == {"timed_out"}
        return "timed_out" if only_late else "red"
    if "cancelled" in conclusions:
        return "cancelled"
    return "green" if "success" in conclusions else "neutral"
