"""The rules' own knowledge: moves that need no model, moves a failure allows, when a plan waits."""

from __future__ import annotations

from otto_bot.core.budget import estimate
from otto_bot.core.decision import REOPENING, Action, Decider, Facts, Move
from otto_bot.core.evidence import Cause, EvidenceItem, Failure, Progress
from otto_bot.core.run import Attempt, Gate, Run, Task, TaskState
from otto_bot.core.values import Frozen

RERUN_LIMIT = 2
UNCHARGED_LIMIT = 2
MIN_USD = 0.01
"""Below this nothing more is started."""

UNCHARGED = frozenset(
    {
        Cause.INFRA,
        Cause.NEVER_STARTED,
        Cause.CANCELLED,
        Cause.MERGE_CONFLICT,
        Cause.PROVIDER_ERROR,
        Cause.SYSTEMIC,
        Cause.PUSH_REJECTED,
        Cause.BASE_RED,
    }
)
"""Causes that are nobody's fault here: they do not use up attempts."""

RERUN_FIRST = frozenset({Cause.INFRA, Cause.NEVER_STARTED, Cause.CANCELLED, Cause.SYSTEMIC, Cause.FLAKY, Cause.TIMEOUT})
ASK_FIRST: dict[Cause, str] = {
    Cause.BILLING: "GitHub did not start the jobs: billing or spending limit. Can the owner of the account mend it?",
    Cause.PERMISSION: "A right is missing. Can an administrator grant it?",
    Cause.ACTION_REQUIRED: "GitHub waits for a person to approve the workflow run. Can you, in the Actions tab?",
    Cause.NO_CI: "No workflow ran for this commit. Can you say which workflow should verify it?",
    Cause.BUDGET: "The money for this issue is used up. How much more may be spent?",
    Cause.HELD_BY_DIFF_GATE: "The change touches something Otto may not touch. May a person make that part of it?",
}


def charged(task: Task) -> int:
    """Attempts that count against the cap."""
    return sum(1 for a in task.attempts if a.failure is None or not _free(a.failure))


def _free(failure: Failure) -> bool:
    return failure.cause in UNCHARGED or failure.pre_existing


def uncharged(task: Task, cause: Cause) -> int:
    """How often a cause that costs no attempt has struck."""
    failures = [a.failure for a in task.attempts if a.failure is not None]
    if cause is Cause.BASE_RED:
        return sum(1 for failure in failures if failure.cause is cause or failure.pre_existing)
    return sum(1 for failure in failures if failure.cause is cause)


def attempts_left(run: Run, task: Task) -> int:
    """Attempts the task may still start."""
    return max(0, run.config.attempts.per_task + task.granted - charged(task))


def allowed(run: Run, task: Task) -> frozenset[Action]:
    """Moves the pilot may choose for a failed task, given cause, history and what is left."""
    if attempts_left(run, task) <= 0 or run.money.left < MIN_USD:
        return frozenset({Action.SKIP, Action.ASK})
    moves = {Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH, Action.SKIP, Action.ASK}
    failure, last = task.failure, task.last
    if failure is not None and failure.progress is Progress.OSCILLATING:
        moves -= {Action.RETRY, Action.RETRY_DIFFERENT}
    if failure is not None and failure.progress is Progress.SAME and last is not None:
        moves -= {Action.RETRY}
        if _strategy(task.attempts[-2] if len(task.attempts) > 1 else None) == _strategy(last):
            moves -= {Action.RETRY_DIFFERENT}
    return frozenset(moves)


def _strategy(attempt: Attempt | None) -> Action | None:
    """How an attempt was made; a first attempt is a plain one, like a retry."""
    if attempt is None:
        return None
    return attempt.strategy or Action.RETRY


def fixed_move(task: Task, failure: Failure) -> Move | None:
    """The only move a cause has, if it has only one; None = someone must think."""
    cause = failure.cause
    if cause in RERUN_FIRST:
        return _rerun(task, failure)
    if cause in ASK_FIRST:
        return _ask(task, ASK_FIRST[cause], failure.detail)
    if cause is Cause.BASE_RED or failure.pre_existing:
        if uncharged(task, Cause.BASE_RED) > UNCHARGED_LIMIT:
            return _ask(task, "It failed like the base commit again and again. Should it be tried again?", "")
        return Move(
            task=task.key,
            action=Action.HOLD,
            reason="the same failure is on the base commit; it goes on when the base is green",
            decided_by=Decider.RULES,
        )
    if cause in (Cause.MERGE_CONFLICT, Cause.PROVIDER_ERROR):
        if uncharged(task, cause) > UNCHARGED_LIMIT:
            return _ask(task, f"{cause.value} happened {uncharged(task, cause)} times. Should it be tried again?", "")
        why = "starts again on the new head" if cause is Cause.MERGE_CONFLICT else "the model's service failed"
        return Move(task=task.key, action=Action.RETRY, reason=f"{why}; not charged", decided_by=Decider.RULES)
    if cause is Cause.PUSH_REJECTED:
        if uncharged(task, cause) > 1:
            return _ask(task, "GitHub refuses the push. Can an administrator look at the branch rules?", failure.detail)
        return Move(task=task.key, action=Action.RESTART_FRESH, reason="a fresh branch, once", decided_by=Decider.RULES)
    return None


def _rerun(task: Task, failure: Failure) -> Move | None:
    limit = 1 if failure.cause in (Cause.FLAKY, Cause.TIMEOUT) else RERUN_LIMIT
    if task.rerun_count < limit:
        reason = f"{failure.cause.value.replace('_', ' ')}: the failed jobs run again on the same commit, not charged"
        return Move(task=task.key, action=Action.RERUN, reason=reason, decided_by=Decider.RULES)
    if failure.cause in (Cause.TIMEOUT, Cause.FLAKY):
        return None
    again = (
        f"{failure.cause.value.replace('_', ' ')} again after {task.rerun_count} re-runs. Can you look at the runners?"
    )
    return _ask(task, again, failure.detail)


def _ask(task: Task, question: str, detail: str) -> Move:
    return Move(task=task.key, action=Action.ASK, question=question, reason=detail[:300], decided_by=Decider.RULES)


def facts_for(run: Run, gate: Gate, evidence: dict[str, EvidenceItem]) -> Facts:
    """What a decision at this gate is held against."""
    assert run.plan is not None
    fixed = [move for failure in gate.failures if (move := fixed_move(run.task(failure.task), failure))]
    settled = {move.task for move in fixed}
    return Facts(
        plan=run.plan,
        open_failures={key: allowed(run, run.task(key)) for key in gate.tasks if key not in settled},
        fixed=tuple(fixed),
        pending=frozenset(k for k, t in run.tasks.items() if t.state in (TaskState.PENDING, TaskState.REOPENED)),
        done=frozenset(k for k, t in run.tasks.items() if t.state is TaskState.MERGED),
        evidence=evidence,
        protected=run.config.paths.protected,
    )


class PlanWait(Frozen):
    """Why a plan waits for a person."""

    reasons: tuple[str, ...]


def plan_wait(run: Run) -> PlanWait | None:
    """Whether the plan needs a yes, and why."""
    assert run.plan is not None
    reasons: list[str] = []
    config = run.config
    if run.plan_only:
        reasons.append("only a plan was asked for")
    if config.plan.approval == "always":
        reasons.append("this repository approves every plan")
    if config.plan.approval == "auto" and estimate(run.plan)[1] > config.plan.auto_if_under_usd:
        reasons.append(
            f"it may cost up to ${estimate(run.plan)[1]:.2f}; above ${config.plan.auto_if_under_usd:.2f} people decide"
        )
    if config.verify.exposure == "ask" and run.exposure is not None and run.exposure.items:
        reasons.append("code on its branches can use what your CI has (the plan lists it)")
    return PlanWait(reasons=tuple(reasons)) if reasons else None


def reopens(action: Action) -> bool:
    """Whether a task is coded again after this move."""
    return action in REOPENING
