"""Let the plan grow in mid-run: what journeys showed to be missing becomes tasks behind those that are merged."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.plan_more import MoreRequest, plan_more
from otto_bot.core.additions import next_keys
from otto_bot.core.authors import at_least_write
from otto_bot.core.effects import Effect
from otto_bot.core.events import PlanMade, Refused, RunEvent
from otto_bot.core.journeys import JourneyRound
from otto_bot.core.plan_growth import MOST_MORE
from otto_bot.core.projects import project_names
from otto_bot.core.run import Run
from otto_bot.jobs.context import Context
from otto_bot.jobs.money import budgeted, keeper, out_of_money
from otto_bot.jobs.triage_journeys import asked, did
from otto_bot.model.errors import BudgetSpent
from otto_bot.text.problems import Rest
from otto_bot.text.told import told


def grows(run: Run) -> bool:
    """Whether this plan is an addition to work that is there."""
    return run.plan is not None and run.pull_request is not None


async def more_tasks(context: Context, run: Run, effect: Effect) -> Sequence[RunEvent]:
    """PlanMade with every old task unchanged and first; Refused where no answer could be used."""
    assert run.plan is not None
    mirror = await context.mirror(run)
    await mirror.fetch(run.head)
    request = MoreRequest(
        run=str(run.id),
        model=run.config.models.planner,
        title=told(run).title,
        body=told(run).body,
        author=run.author,
        plan=run.plan,
        keys=tuple(next_keys(run, MOST_MORE)),
        number=effect.number,
        built=tuple(f"{key}: {asked(run.plan.task(key))} ({did(task)})" for key, task in run.tasks.items()),
        failing=failing_words(run.journeys[-1]) if run.journeys else (),
        guidance=run.plan_guidance,
        guided_by=at_least_write(run.plan_guided_by),
        paths=tuple(context.reading(mirror).files(run.head)),
        protected=run.config.paths.guarded,
        projects=project_names(run.config.paths.projects),
        nonce=context.nonce(),
    )
    try:
        result = await plan_more(budgeted(context, run), request, keeper(context, run, effect.key))
    except BudgetSpent as error:
        return [await out_of_money(context, run, error)]
    if result.plan is None:
        reasons = "; ".join(result.problems[:3])[:500]
        reason = f"what the failing journeys lack could not be planned: {reasons}. Say in words what to plan"
        return [Refused(at=context.now(), reason=reason, reply="/otto replan -- what to plan", trouble=Rest.PLAN_MORE)]
    return [PlanMade(at=context.now(), number=effect.number, plan=result.plan)]


def failing_words(one: JourneyRound) -> tuple[str, ...]:
    """What fails, why, and what a record shows of it."""
    words = []
    for finding in one.findings:
        quote = f' ("{finding.quote}")' if finding.quote else ""
        words.append(f"{finding.journey}: {finding.summary}{quote} {finding.guidance}".strip())
    for journey in one.report.journeys:
        broken = journey.broken
        if broken is not None and journey.id not in one.waived:
            words.append(f"{broken.id}: {broken.seen}")
    return tuple(words)
