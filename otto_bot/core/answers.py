"""How many answers a run owes within an hour: who commands again and again is obeyed, and not answered each time."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core.run import Run

AN_HOUR = timedelta(hours=1)
MOST = 20
"""Answers to commands within an hour, by comments of their own; the last of them says that no more come for a while."""
ENOUGH = "enough"


def bounded(before: Run, after: Run, at: datetime) -> Run:
    """The run after a command, without the answers that would be too many. Nothing but the answers is left out."""
    known = len(before.replies)
    fresh = after.replies[known:]
    if not fresh:
        return after
    # The hour begins with its first answer: else each later one would only say again that there are enough.
    lately = before.answered_at if before.answered_at and at - AN_HOUR < before.answered_at[0] <= at else ()
    kept = list(fresh[: max(0, MOST - len(lately))])
    if kept and len(lately) + len(kept) == MOST:
        again = (lately or (at,))[0] + AN_HOUR
        kept[-1] = kept[-1].model_copy(update={"key": ENOUGH, "detail": again.isoformat(timespec="minutes")})
    return after.model_copy(
        update={
            "replies": (*after.replies[:known], *kept),
            "answered_at": (*lately, *([at] * len(kept))),
        }
    )
