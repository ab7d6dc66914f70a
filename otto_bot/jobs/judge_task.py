"""Ask the judge whether a green attempt does what its criteria say."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.judge import JudgeRequest, JudgeResult, judge
from otto_bot.core.attempt import Attempt, target_of
from otto_bot.core.effects import Effect
from otto_bot.core.events import JudgeEnded, RunEvent
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.run import Run
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.jobs.context import Context, diff_text, failures_before
from otto_bot.jobs.money import budgeted, keep_records, out_of_money
from otto_bot.jobs.outcomes import Retry
from otto_bot.jobs.starting import own_base
from otto_bot.model.errors import BudgetSpent
from otto_bot.store.effect_rows import Ticket

DIFF_READ = 400_000


async def judge_task(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """JudgeEnded. A judge that forgets criteria is asked again later; it never fails an attempt by that."""
    assert run.plan is not None
    task = run.task(effect.task)
    attempt = task.last
    if attempt is None or attempt.sha is None:
        return []
    mirror = await context.mirror(run)
    await mirror.fetch(attempt.sha, run.head)
    reading = context.reading(mirror)
    base = await own_base(context, run, mirror, effect.task, attempt.sha)
    verification = run.verifications[target_of(effect.task, effect.attempt)]
    jobs = run.lane.jobs if run.lane else ()
    request = JudgeRequest(
        run=str(run.id),
        model=run.config.models.judge,
        task=run.plan.task(effect.task),
        attempt=effect.attempt,
        diff=diff_text(reading, base, attempt.sha, DIFF_READ),
        checks=f"GitHub Actions on {attempt.sha[:12]}: {verification.ending} ({', '.join(jobs)})",
        nonce=context.nonce(),
    )
    try:
        result = await judge(budgeted(context, run), request)
    except BudgetSpent as error:
        return [await out_of_money(context, run, error)]
    await keep_records(context, run, effect.key, result.records)
    if result.incomplete:
        raise Retry("the judge left out criteria; it is asked again", "judge")
    failure = None if result.assessment.passed else _failure(run, effect, attempt, result)
    return [
        JudgeEnded(at=context.now(), task=effect.task, attempt=effect.attempt, verdict=result.verdict, failure=failure)
    ]


def _failure(run: Run, effect: Effect, attempt: Attempt, result: JudgeResult) -> Failure:
    """The failing items are the evidence; the green test log is not."""
    assert run.plan is not None
    criteria = {criterion.id: criterion.text for criterion in run.plan.task(effect.task).criteria}
    failing = result.assessment.failing
    excerpts = tuple(
        Excerpt(
            kind="verdict",
            source=f"judge · {item.id}",
            text=f"{item.id} [must] {criteria.get(item.id, '')}\n{item.status.replace('_', ' ')}: {item.evidence}",
        )
        for item in failing
    )
    failure = Failure(
        task=effect.task,
        attempt=effect.attempt,
        sha=attempt.sha,
        phase=Phase.QA,
        cause=Cause.QA_FAILED,
        detail="; ".join(f"{item.id} {item.status.replace('_', ' ')}" for item in failing),
        fingerprint="qa:" + ",".join(sorted(item.id for item in failing)),
        excerpts=excerpts,
    )
    before = failures_before(run, run.task(effect.task), effect.attempt)
    return failure.model_copy(update={"progress": progress(before, failure)})
