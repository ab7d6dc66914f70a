"""When a surface is written again: what changes close together is one edit, and live progress gives way."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core.run import Run
from otto_bot.core.surfaces import MARK, PULL, RUN_CHECK, STATUS
from otto_bot.core.waits import waits_for

DETAILS = ("check/", MARK)
"""Beginnings of surfaces for whose first word nobody waits."""
EDIT_PAUSE = timedelta(seconds=2.5)
"""What changes this soon after an edit goes into the next one: GitHub counts every write."""
PAUSES = ((30, EDIT_PAUSE), (60, timedelta(seconds=5)), (120, timedelta(seconds=10)), (240, timedelta(seconds=20)))
"""Up to so many edits an hour of one surface, so long between two of them."""
LONGEST_EDIT_PAUSE = timedelta(seconds=30)


def is_progress(surface: str) -> bool:
    """Whether a surface tells how the work goes, and nothing that anyone has to decide on."""
    return surface in (STATUS, PULL, RUN_CHECK) or surface.startswith(DETAILS)


def gives_way(run: Run, surface: str) -> bool:
    """Live progress of a run at work. Its first word, a question to a person and the end give way to nothing."""
    if not is_progress(surface) or run.resting:
        return False
    begun = surface in run.shown or surface.startswith(DETAILS)
    return begun and waits_for(run) is None


def edit_at(run: Run, surface: str) -> datetime | None:
    """The earliest time of the next edit. What a gate says is never late; the busier a surface, the longer it waits."""
    last = run.shown_at.get(surface)
    if last is None or surface.startswith("gate/"):
        return None
    return last + (edit_pause(run, surface) if gives_way(run, surface) else EDIT_PAUSE)


def behind(run: Run) -> datetime:
    """The earliest time of an edit while a step that others wait for is about to write.

    Writes are paced, and that step would be sent after it. A step that takes long does not silence the run.
    """
    return max(run.shown_at.values(), default=run.started_at) + LONGEST_EDIT_PAUSE


def edit_pause(run: Run, surface: str) -> timedelta:
    """By the surface's edits in an hour: those of the first hour, then the mean of all hours."""
    last = run.shown_at.get(surface, run.started_at)
    hours = max((last - run.started_at) / timedelta(hours=1), 1.0)
    rate = run.shown_count.get(surface, 0) / hours
    return next((pause for most, pause in PAUSES if rate <= most), LONGEST_EDIT_PAUSE)
