"""Hold the default branch against each task's criteria; no code is written, nothing is pushed."""

from __future__ import annotations

from itertools import count

from otto_bot.agents.certify import certification
from otto_bot.agents.examiner import ExamineLimits
from otto_bot.agents.judge import ASKED_ANEW, JudgeRequest, holds
from otto_bot.core.events import JourneysTested
from otto_bot.core.journeys import JourneyRound
from otto_bot.core.plan import Plan, TaskSpec
from otto_bot.core.run import Run
from otto_bot.core.values import Usage
from otto_bot.core.verdict import Proof, Verdict, proof_of
from otto_bot.core.verdict_check import Material, ground_of
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context
from otto_bot.jobs.examining import examine_head
from otto_bot.jobs.outcomes import NeedsPerson, Retry
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.judged import not_believed

LIMITS = ExamineLimits()


async def with_verdicts(
    context: Context, run: Run, ticket: Ticket, one: JourneyRound, plan: Plan, tested: JourneysTested
) -> JourneysTested:
    """The event with what the judge says of every task. Raises Retry, NeedsPerson, BudgetSpent as judging does.

    What is in the journal is not asked again.
    """
    mirror = await context.mirror(run)
    await mirror.fetch(one.head)
    verdicts: dict[str, Verdict] = {}
    proofs: dict[str, Proof] = {}
    usage, calls = Usage(), 0
    for task in plan.tasks:
        verdict, proof, used, asked = await _task(context, run, ticket, mirror, one, task)
        verdicts[task.key], proofs[task.key] = verdict, proof
        usage, calls = usage.plus(used), calls + asked
    paid = {"calls": tested.calls + calls, "usd": round(tested.usd + usage.usd, 6)}
    return tested.model_copy(update={"verdicts": verdicts, "proofs": proofs, **paid})


async def _task(
    context: Context, run: Run, ticket: Ticket, mirror: Mirror, one: JourneyRound, task: TaskSpec
) -> tuple[Verdict, Proof, Usage, int]:
    key = f"run/{run.id}/certify/n{one.number}/{one.head[:12]}/{task.key}"
    material = Material(task=task)
    usage, calls = Usage(), 0
    for number in count(1):
        request = JudgeRequest(
            run=str(run.id), model=run.config.models.judge, task=task, attempt=0, diff="", records=(),
            nonce=context.nonce_for(key), key=key, number=number,
        )  # fmt: skip
        asked = certification(request, one.number)
        found = await examine_head(
            context, run, ticket, mirror, one.head, asked, holds(material), LIMITS, task.projects
        )
        usage, calls = usage.plus(found.usage), calls + len(found.calls)
        if found.value is not None:
            verdict = found.value.once()
            grounds = [ground_of(item, found.records, material) for item in verdict.items]
            return verdict, proof_of(grounds, found.records), usage, calls
        if found.asked and number % (ASKED_ANEW + 1):
            raise Retry(not_believed(task.key, number, found.problems, last=False), "judge")
        if found.asked:
            raise NeedsPerson(not_believed(task.key, number, found.problems, last=True), "judge")
    raise AssertionError("there is always a next conversation")
