"""Ask why journeys fail; what follows from the answer is decided by the state machine."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.triage import TriageRequest, triage
from otto_bot.core.attempt import Task
from otto_bot.core.effects import Effect
from otto_bot.core.events import JourneysTriaged, RunEvent
from otto_bot.core.journey_rounds import current
from otto_bot.core.journeys import RoundState, journeys_of
from otto_bot.core.plan import TaskSpec
from otto_bot.core.run import Run
from otto_bot.jobs.context import Context
from otto_bot.jobs.money import budgeted, keeper, out_of_money
from otto_bot.model.errors import BudgetSpent
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.told import told


async def triage_journeys(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """JourneysTriaged: one finding for each failing journey; Refused where the money ends."""
    one = current(run)
    if one is None or run.plan is None or one.number != effect.number or one.state is not RoundState.TESTED:
        return []
    request = TriageRequest(
        run=str(run.id),
        model=run.config.models.for_pilot,
        round=one.number,
        title=told(run).title,
        plan=run.plan,
        journeys=journeys_of(run.plan),
        report=one.report,
        tasks=tuple((key, asked(run.plan.task(key)), did(task)) for key, task in run.tasks.items()),
        protected=run.config.paths.guarded,
        nonce=context.nonce(),
    )
    try:
        result = await triage(budgeted(context, run), request, keeper(context, run, effect.key))
    except BudgetSpent as error:
        return [await out_of_money(context, run, error)]
    return [
        JourneysTriaged(
            at=context.now(),
            round=one.number,
            findings=result.findings,
            decided_by=result.decided_by,
            rejections=tuple(reason[:500] for reason in result.rejections[:20]),
            model=request.model if result.decided_by == "triage" else "",
            calls=sum(1 for record in result.records if not record.error),
            usd=round(sum(record.usage.usd for record in result.records), 6),
        )
    ]


def asked(spec: TaskSpec) -> str:
    """What a task was to do, briefly."""
    criteria = "; ".join(f"[{criterion.level}] {criterion.text}" for criterion in spec.criteria)
    return f"{spec.title}. {spec.goal[:600]} Criteria: {criteria[:1500]}"


def did(task: Task) -> str:
    """State of a task, and what its coder said of it."""
    last = task.last
    words = f"{last.handoff.summary} {' '.join(last.handoff.facts)}".strip() if last is not None else ""
    return f"{task.state.value}. {words[:800]}"
