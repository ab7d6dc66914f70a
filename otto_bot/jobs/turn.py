"""In a concurrency group that everybody shares: a run of someone else that waits in it is let through first.

GitHub cancels whoever waits in a group when the next one comes: a person's run, or one of another issue's.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import RunEvent
from otto_bot.core.run import Run
from otto_bot.core.serial import STARTS, group_of
from otto_bot.github.errors import Forbidden, NotFound
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import Later
from otto_bot.store.effect_rows import Ticket

log = logging.getLogger(__name__)

Job = Callable[[Context, Run, Effect, Ticket], Awaitable[Sequence[RunEvent]]]
PUSHES = STARTS | {EffectKind.OPEN_PULL_REQUEST, EffectKind.MERGE}
LOOK_AGAIN = timedelta(seconds=15)


def letting_others_through(job: Job) -> Job:
    """The job, which comes later while a run waits that it would cancel. A run that is over only saves its work."""

    @functools.wraps(job)
    async def careful(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
        if effect.kind in PUSHES and group_of(run) and not run.resting:
            await _look(context, run)
        return await job(context, run, effect, ticket)

    return careful


async def _look(context: Context, run: Run) -> None:
    """Raises Later. What has waited for longer than a verification may take is not waited for."""
    now, lane = context.now(), run.lane
    longest = timedelta(minutes=run.config.verify.timeout_minutes)
    try:
        waiting = await context.repository(run).runs_that_wait()
    except (Forbidden, NotFound) as error:
        log.warning("what waits in %s cannot be read: %s", group_of(run), error)
        return
    for one in waiting:
        path = one.path.split("@", 1)[0]
        known = lane is not None and path in lane.workflows
        begun = one.run_started_at or one.created_at
        if known and begun is not None and now - begun < longest:
            raise Later(now + LOOK_AGAIN, f"a run of {path} waits in the concurrency group {group_of(run)}")
