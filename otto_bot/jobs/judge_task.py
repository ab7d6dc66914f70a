"""A green attempt is held against its criteria before it counts as verified."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.effects import Effect
from otto_bot.core.events import RunEvent
from otto_bot.core.run import Run
from otto_bot.jobs.context import Context
from otto_bot.jobs.judging import judged
from otto_bot.store.effect_rows import Ticket


async def judge_task(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """JudgeEnded. A verdict that cannot be believed is asked for anew later; it never fails an attempt by that."""
    attempt = run.task(effect.task).last
    if attempt is None or attempt.sha is None:
        return []
    return await judged(context, run, effect, ticket)
