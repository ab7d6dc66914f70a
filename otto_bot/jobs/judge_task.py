"""A green attempt is looked at for weakened tests, then held against its criteria, before it counts as verified."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.effects import Effect
from otto_bot.core.events import JudgeEnded, RunEvent
from otto_bot.core.run import Run
from otto_bot.core.verdict import Verdict
from otto_bot.jobs.context import Context
from otto_bot.jobs.judging import judged
from otto_bot.jobs.scan_tampering import scan_tampering
from otto_bot.store.effect_rows import Ticket


async def judge_task(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """JudgeEnded. A verdict that cannot be believed is asked for anew later; it never fails an attempt by that.

    Weakened tests end it before the judge is paid; where nobody judges (`qa.enabled: false`) only they are looked for.
    """
    task = run.task(effect.task)
    if task.last is None or task.last.sha is None:
        return []
    weakened = await scan_tampering(context, run, task)
    if weakened is not None or not run.config.qa.enabled:
        given = {"at": context.now(), "task": effect.task, "attempt": effect.attempt, "failure": weakened}
        return [JudgeEnded.model_validate({**given, "verdict": Verdict(items=())})]
    return await judged(context, run, effect, ticket)
