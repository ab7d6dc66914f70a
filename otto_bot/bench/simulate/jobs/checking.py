"""Simulated jobs that look at Actions, start its jobs again, and judge."""

from __future__ import annotations

from functools import partial
from typing import Any

from otto_bot.bench.simulate.actions import WorkflowRun
from otto_bot.bench.simulate.jobs.case import Case, Steps
from otto_bot.bench.simulate.makers import chance_of
from otto_bot.core import events as e
from otto_bot.core.acceptance import new_hits, tampering
from otto_bot.core.attempt import BASELINE, Verification
from otto_bot.core.base import unsaid
from otto_bot.core.cancelled import CancelledBy
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Phase
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.tampering_hits import TamperHit
from otto_bot.core.verdict import Verdict

ENDINGS = {
    Cause.TIMEOUT: "timed_out", Cause.CANCELLED: "cancelled", Cause.NO_CI: "no_ci", Cause.ACTION_REQUIRED: "blocked",
}  # fmt: skip


def verify(case: Case) -> Steps[list[RunEvent]]:
    """VerificationPolled with the time of the next look, or VerificationEnded."""
    seen = case.run.verifications.get(case.effect.target)
    if seen is None or seen.ending is not None:
        return []
    yield case.dice.uniform(0.1, 1.0)
    runs = case.github.actions.runs.get(seen.sha, [])[-1:]
    ids = tuple(one.id for one in runs)
    if any(one.ends_at > case.world.clock.seconds for one in runs):
        return [_polled(case, seen, ids)]
    started = (case.now - seen.started_at).total_seconds()
    if not runs and started < 60 and case.github.actions.trouble:
        return [_polled(case, seen, ids)]
    return [_ended(case, seen, runs, ids)]


def _polled(case: Case, seen: Verification, ids: tuple[int, ...], waiting: str = "") -> RunEvent:
    pause = min(60.0, 10.0 * (1 + seen.polls))
    return e.VerificationPolled(
        at=case.now, target=seen.target, next_at=case.soon(pause), run_ids=ids, waiting=waiting
    )  # fmt: skip


def _judged_alone(case: Case, seen: Verification) -> bool:
    """The same tree gives the same answer, as path filters do."""
    life = case.world.life
    possible = life.unwatched and seen.target != BASELINE and case.run.config.qa.enabled
    return possible and chance_of("unwatched", life.seed, seen.tree) < 0.5


def _ended(case: Case, seen: Verification, runs: list[WorkflowRun], ids: tuple[int, ...]) -> RunEvent:
    given: dict[str, Any] = {"at": case.now, "target": seen.target, "sha": seen.sha, "run_ids": ids}
    if not runs:
        cause: Cause | None = Cause.NO_CI
    else:
        cause = next((one.cause for one in runs if one.cause is not None), None)
    if cause is Cause.NO_CI and _judged_alone(case, seen):
        case.github.actions.unwatched.add(seen.tree)
        return e.VerificationEnded.model_validate({**given, "ending": "unwatched"})
    if cause is None:
        return e.VerificationEnded.model_validate({**given, "ending": "green"})
    base = case.run.verifications.get(BASELINE)
    if seen.target != BASELINE and base is not None and (base.ending is None or unsaid(base)):
        # Whose failure it is can be said when the base has its verdict.
        return _polled(case, seen, ids, WAITS_FOR_BASE)
    told: dict[str, Any] = {"sha": seen.sha}
    if cause is Cause.CANCELLED:
        told["conclusion"] = CancelledBy(by=case.dice.choice(["person", "group", "newer_head", "unknown"])).conclusion
    why = case.failed(cause, Phase.VERIFY, task=case.effect.task or seen.target).model_copy(update=told)
    return e.VerificationEnded.model_validate({**given, "ending": ENDINGS.get(cause, "red"), "failure": why})


def rerun(case: Case) -> Steps[list[RunEvent]]:
    """The failed jobs of a head start again; twice is once."""
    seen = case.run.verifications.get(case.effect.target)
    if seen is None or not seen.rerun_due:
        return []
    actions = case.github.actions
    for number in seen.run_ids:
        yield from case.write(partial(actions.again, seen.sha, number))
    if not seen.run_ids:
        yield from case.write(lambda: actions.start(case.refs.commits[seen.sha], seen.branch))
    return [e.JobsRerun(at=case.now, target=case.effect.target, round=case.effect.number)]


def judge(case: Case) -> Steps[list[RunEvent]]:
    """Weakened tests end it before anyone is paid; what was accepted is not found again."""
    run, effect = case.run, case.effect
    last = run.task(effect.task).last
    where: dict[str, Any] = {"task": effect.task, "attempt": effect.attempt, "verdict": Verdict(items=())}
    yield 0.5
    hit = TamperHit(rule="test_removed", path="tests/a.py", line=f"a{effect.attempt}", why="a test is gone")
    if last is not None and case.bad(0.15) and new_hits(run, [hit]):
        why = tampering(effect.task, effect.attempt, last.sha or "", [hit])
        return [e.JudgeEnded(at=case.now, **where, failure=why)]
    if not run.config.qa.enabled:
        return [e.JudgeEnded(at=case.now, **where)]
    if not (yield from case.paid()):
        return [case.broke()]
    failed = case.failed(Cause.QA_FAILED, Phase.QA) if case.bad(0.3) else None
    return [e.JudgeEnded(at=case.now, **where, failure=failed)]
