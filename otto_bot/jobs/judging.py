"""Ask the judge whether a green attempt does what its criteria say, and believe only what can be believed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from otto_bot.agents.examiner import Examined, ExamineLimits
from otto_bot.agents.judge import ASKED_ANEW, JudgeRequest, examination, holds
from otto_bot.core.attempt import Attempt, target_of
from otto_bot.core.effects import Effect
from otto_bot.core.events import JudgeEnded, RunEvent
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.named_tests import Names
from otto_bot.core.plan import Criterion
from otto_bot.core.projects import in_scope
from otto_bot.core.run import Run
from otto_bot.core.unseen import escaped
from otto_bot.core.verdict import Proof, Verdict, VerdictItem, assess, proof_of
from otto_bot.core.verdict_check import Material, ground_of
from otto_bot.diagnosis.fingerprint import progress
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.context import Context, failures_before, text_of
from otto_bot.jobs.evidence_green import green_head, green_jobs, own_records, tests_of
from otto_bot.jobs.examining import examine_head
from otto_bot.jobs.money import out_of_money
from otto_bot.jobs.outcomes import NeedsPerson, Retry
from otto_bot.jobs.starting import own_base
from otto_bot.jobs.surroundings import house_rules
from otto_bot.model.errors import BudgetSpent
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.judged import not_believed, record_words, seen_words

DIFF_READ = 400_000
LIMITS = ExamineLimits()


@dataclass(frozen=True)
class Matter:
    """What is judged, and what the verdict is held against."""

    mirror: Mirror
    attempt: Attempt
    request: JudgeRequest
    material: Material


async def judged(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """JudgeEnded with the verdict, what it stands on, and the failure if a [must] item is not met.

    Raises Retry where the verdict cannot be believed, NeedsPerson where it cannot again and again.
    """
    matter = await _matter(context, run, effect)
    assert matter.attempt.sha is not None
    check, scope = holds(matter.material), matter.material.task.projects
    for number in count(1):
        asked = examination(matter.request.model_copy(update={"number": number}))
        try:
            found = await examine_head(
                context, run, ticket, matter.mirror, matter.attempt.sha, asked, check, LIMITS, scope
            )
        except BudgetSpent as error:
            return [await out_of_money(context, run, error)]
        if found.value is not None:
            return [_ended(context, run, effect, matter, found, found.value)]
        if found.asked:
            raise _not_believed(effect.task, number, found.problems)
    raise AssertionError("there is always a next conversation")


def _not_believed(task: str, number: int, problems: Sequence[str]) -> Retry | NeedsPerson:
    """What follows from a conversation without a verdict: the next one, or a person, who may ask for more of them."""
    if number % (ASKED_ANEW + 1):
        return Retry(not_believed(task, number, problems, last=False), "judge")
    return NeedsPerson(not_believed(task, number, problems, last=True), "judge")


async def _matter(context: Context, run: Run, effect: Effect) -> Matter:
    """Everything the judge gets: the diff, what Actions showed, and the tests that this commit defines."""
    assert run.plan is not None
    task = run.task(effect.task)
    attempt, spec = task.last, run.plan.task(effect.task)
    assert attempt is not None
    assert attempt.sha is not None
    mirror = await context.mirror(run)
    await mirror.fetch(attempt.sha, run.head, run.base_sha)
    reading = context.reading(mirror)
    base = await own_base(context, run, mirror, effect.task, attempt.sha)
    changes = await asyncio.to_thread(reading.diff, base, attempt.sha, patch_bytes=DIFF_READ)
    diff = escaped(text_of(changes, DIFF_READ))
    verification = run.verifications[target_of(effect.task, effect.attempt)]
    green = await green_head(context, run, verification)
    unwatched = verification.ending == "unwatched"
    # A test that nobody ran shows nothing.
    paths = [change.path for change in changes]
    tests = {} if unwatched else await asyncio.to_thread(tests_of, reading, attempt.sha, paths)
    expected = run.lane.jobs if run.lane is not None and not unwatched else ()
    records = own_records(green, verification, expected)
    material = Material(
        task=spec,
        jobs=green_jobs(green) or expected,
        passed=Names(sorted(green.outcomes.passed)),
        failed=Names(sorted(green.outcomes.failed | green.outcomes.skipped)),
        defined=tests,
        defined_names=Names(tests),
        texts=(diff, spec.goal),
        report=records[-1].ref if len(records) > 1 else "",
    )
    # The same whenever the run rests in between: what was paid is not paid again.
    again = f"/t{attempt.taken_in}" if attempt.taken_in else ""
    key = f"run/{run.id}/judge/{effect.task}/a{effect.attempt}{again}"
    request = JudgeRequest(
        run=str(run.id),
        model=run.config.models.judge,
        task=spec,
        attempt=effect.attempt,
        diff=diff,
        records=records,
        unwatched=unwatched,
        house_rules=await house_rules(reading, run.base_sha, spec.files),
        projects=in_scope(spec.projects, run.config.paths.projects),
        nonce=context.nonce_for(key),
        key=key,
    )
    return Matter(mirror, attempt, request, material)


def _ended(
    context: Context, run: Run, effect: Effect, matter: Matter, found: Examined[Verdict], said: Verdict
) -> JudgeEnded:
    verdict = said.once()
    grounds = [ground_of(item, found.records, matter.material) for item in verdict.items]
    proof = proof_of(grounds, found.records)
    failing = assess(matter.material.task, verdict).failing
    return JudgeEnded(
        at=context.now(),
        task=effect.task,
        attempt=effect.attempt,
        verdict=verdict,
        proof=proof,
        failure=_failure(run, effect, matter, failing, proof) if failing else None,
    )


def _failure(run: Run, effect: Effect, matter: Matter, failing: Sequence[VerdictItem], proof: Proof) -> Failure:
    """The failing items and what they stand on are the evidence; the green test log is not."""
    criteria = {criterion.id: criterion for criterion in matter.material.task.criteria}
    excerpts = [excerpt for item in failing for excerpt in _excerpts(criteria[item.id], item, proof)]
    failure = Failure(
        task=effect.task,
        attempt=effect.attempt,
        sha=matter.attempt.sha,
        phase=Phase.QA,
        cause=Cause.QA_FAILED,
        detail="; ".join(f"{item.id} {item.status.replace('_', ' ')}" for item in failing),
        fingerprint="qa:" + ",".join(sorted(item.id for item in failing)),
        excerpts=tuple(excerpts),
    )
    before = failures_before(run, run.task(effect.task), effect.attempt)
    return failure.model_copy(update={"progress": progress(before, failure)})


def _excerpts(criterion: Criterion, item: VerdictItem, proof: Proof) -> list[Excerpt]:
    """A failing item with its tests, then each record that it cites as it was recorded."""
    source = f"judge · {item.id}"
    lines = [f"{item.id} [must] {criterion.text}", f"{item.status.replace('_', ' ')}: {item.evidence}"]
    lines += [f"{test.id}: {seen_words(test)}" for test in proof.ground(item.id).tests]
    found = [Excerpt(kind="verdict", source=source, text="\n".join(lines))]
    for record in proof.cited(item.id):
        text = f"{record_words(record)}\n{record.output}".rstrip()
        found.append(Excerpt(kind="verdict", source=f"{source} · {record.ref}", text=text))
    return found
