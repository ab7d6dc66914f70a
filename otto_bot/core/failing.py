"""An effect that failed: when it is tried again, what is not known any more, and when a person is asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core import base, closing, steering, tasks
from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE
from otto_bot.core.run import Run
from otto_bot.core.trouble import TROUBLE_LIMIT, Trouble

LATE_PAUSE, LATE_TRIES = timedelta(hours=1), 48
"""Of a run that is over nobody is asked: so long between two tries from there on, and so many of them."""


def effect_failed(run: Run, event: e.EffectFailed) -> Run:
    """It is tried again at its time; where only a person can help, the run rests and says so."""
    if run.bars:
        return _unsure(run, event.key)  # what was under way when the repository was shut: it comes again
    before = run.trouble.get(event.key)
    count = (before.count if before else 0) + 1
    retry_at = _once_more(run, event, count)
    trouble = Trouble(count=count, kind=event.kind, message=event.message, retry_at=retry_at)
    run = _unsure(run.model_copy(update={"trouble": {**run.trouble, event.key: trouble}}), event.key)
    if run.stopping and trouble.final and not tasks.still_saving(run):
        return run.model_copy(update={"stopping": False})
    if not trouble.final or run.ended or run.hold is not None:
        return run
    if run.outcome is not None and not _leads_on(run, event.key):
        return run
    closed = run.pull_closed and event.key.startswith(f"run/{run.id}/reopen/")
    entry = closing.TROUBLE if closed else event.kind
    return steering.rest(run, "needs_human", event.message, event.at, "/otto resume", entry, closed=closed)


def _unsure(run: Run, key: str) -> Run:
    """Writing a surface failed, maybe after it was written: what is shown there is not known any more.

    Otherwise a run that comes back to what it had shown before would be believed to be shown so.
    """
    kind, _, name = key.partition("/")[2].partition("/")[2].partition("/")
    return _forgotten(run, name.rpartition("/")[0]) if kind == "show" else run


def unsure(run: Run, event: e.Unsure) -> Run:
    """What is shown on a surface is not known any more."""
    return _forgotten(run, event.surface)


def _forgotten(run: Run, surface: str) -> Run:
    return run.model_copy(update={"shown": {**run.shown, surface: ""}}) if run.shown.get(surface) else run


def _once_more(run: Run, event: e.EffectFailed, count: int) -> datetime | None:
    """When it is tried again. What a run that is over has still to write is not tried for ever."""
    if event.retry_at is None or not run.ended or count < TROUBLE_LIMIT:
        return event.retry_at
    return max(event.retry_at, event.at + LATE_PAUSE) if count < TROUBLE_LIMIT + LATE_TRIES else None


def _leads_on(run: Run, key: str) -> bool:
    """Whether a run that has come to its end goes on only through this effect: a decision's, a review's, the base's."""
    gate, name = run.gate, key.partition("/")[2].partition("/")[2]
    if gate is not None:
        return name.split("/", 1)[-1] == f"g{gate.number}/r{gate.revision}"
    if run.reviewed and name.startswith("review/"):
        return True
    return base.waiting(run) and name.startswith(("base/", f"verify/{BASELINE}/"))
