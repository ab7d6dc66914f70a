"""The rules' own knowledge: moves that need no model, moves a failure allows, when a plan waits."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core import allowing, edits, estimates
from otto_bot.core.asks import ask_about_push, ask_after_reruns, ask_after_retries, ask_for_help
from otto_bot.core.attempt import Attempt, Task, TaskState
from otto_bot.core.cancelled import cancelled_by
from otto_bot.core.cancelled import words as cancelled_words
from otto_bot.core.decision import REOPENING, Action, Decider, Facts, Move
from otto_bot.core.evidence import Cause, EvidenceItem, Failure, Phase, Progress
from otto_bot.core.run import Gate, Run
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
        Cause.BILLING,
        Cause.PERMISSION,
        Cause.ACTION_REQUIRED,
        Cause.NO_CI,
    }
)
"""Causes that are nobody's fault here: they do not use up attempts."""

RERUN_FIRST = frozenset({Cause.INFRA, Cause.NEVER_STARTED, Cause.CANCELLED, Cause.SYSTEMIC, Cause.FLAKY, Cause.TIMEOUT})
ONCE = frozenset({Cause.FLAKY, Cause.TIMEOUT})
"""Causes whose jobs run again once; after that somebody must think."""


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
    if task.failure is None:
        return frozenset(moves)
    before = states_before(run, task)
    if _oscillates(before, task.failure):
        return frozenset(moves - {Action.RETRY, Action.RETRY_DIFFERENT})
    strategies = _tried_on(before, task, task.failure)
    if strategies:
        # A first attempt is a plain one: whatever failed so before has been tried plainly at least once.
        moves -= {Action.RETRY}
    if _strategy(task.last) in strategies:
        moves -= {Action.RETRY_DIFFERENT}
    return frozenset(moves)


def states_before(run: Run, task: Task) -> tuple[Failure, ...]:
    """Failures of earlier attempts, oldest first, that say something about the work; gates keep them over re-runs."""
    last = task.last.number if task.last else 0
    kept: dict[int, Failure] = {}
    for gate in run.gates:
        kept.update({f.attempt: f for f in gate.failures if f.task == task.key and not _free(f)})
    kept.update({a.number: a.failure for a in task.attempts if a.failure is not None and not _free(a.failure)})
    return tuple(kept[number] for number in sorted(kept) if number < last)


def _same(one: Failure, other: Failure) -> bool:
    return bool(one.fingerprint) and one.fingerprint == other.fingerprint


def _oscillates(before: Sequence[Failure], now: Failure) -> bool:
    """A→B→A: what an attempt but the last one had is back."""
    if now.progress is Progress.OSCILLATING:
        return True
    return any(_same(failure, now) for failure in before[:-1]) and not _same(before[-1], now)


def _tried_on(before: Sequence[Failure], task: Task, now: Failure) -> frozenset[Action | None]:
    """How the attempts were made that failed in the same way as this one, the newest first in line."""
    same = [failure for failure in before if _same(failure, now)]
    if now.progress is Progress.SAME and before and before[-1] not in same:
        same.append(before[-1])
    made = {attempt.number: _strategy(attempt) for attempt in task.attempts}
    return frozenset(made[failure.attempt] for failure in same if failure.attempt in made)


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
    if (question := ask_for_help(task.key, failure)) is not None:
        return _ask(task, question, failure.detail)
    if cause is Cause.BASE_RED or failure.pre_existing:
        return _hold(task, failure)
    if cause in (Cause.MERGE_CONFLICT, Cause.PROVIDER_ERROR):
        count = uncharged(task, cause)
        if count > UNCHARGED_LIMIT:
            return _ask(task, ask_after_retries(task.key, failure, count), failure.detail)
        conflict = cause is Cause.MERGE_CONFLICT
        why = "starts again on the new head, its last diff beside it" if conflict else "the model's service failed"
        return Move(task=task.key, action=Action.RETRY, reason=f"{why}; not charged", decided_by=Decider.RULES)
    if cause is Cause.PUSH_REJECTED:
        if uncharged(task, cause) > 1:
            return _ask(task, ask_about_push(task.key, failure), failure.detail)
        return Move(task=task.key, action=Action.RESTART_FRESH, reason="a fresh branch, once", decided_by=Decider.RULES)
    return None


def _hold(task: Task, failure: Failure) -> Move:
    count = uncharged(task, Cause.BASE_RED)
    if count > UNCHARGED_LIMIT:
        as_base = failure.model_copy(update={"cause": Cause.BASE_RED})
        return _ask(task, ask_after_retries(task.key, as_base, count), failure.detail)
    reason = "the same failure is on the base commit; it goes on when the base is green"
    return Move(task=task.key, action=Action.HOLD, reason=reason, decided_by=Decider.RULES)


def _rerun(task: Task, failure: Failure) -> Move | None:
    """The failed jobs once more, on the same commit; a count for each cause, over all attempts of the task."""
    cause, unnamed = failure.cause, task.rerun_count - sum(task.reruns.values())
    done = task.reruns.get(cause.value, 0) + unnamed
    if failure.phase not in (Phase.VERIFY, Phase.INTEGRATION):
        return _again(task, failure)
    if done < _most_reruns(failure):
        reason = f"{_what(failure)}: the failed jobs run again on the same commit, not charged"
        return Move(task=task.key, action=Action.RERUN, reason=reason, decided_by=Decider.RULES)
    if cause in ONCE:
        return None
    return _ask(task, ask_after_reruns(task.key, failure, done), failure.detail)


def _most_reruns(failure: Failure) -> int:
    """Where nobody knows who cancels a run, that it is cancelled once more says enough."""
    found = cancelled_by(failure)
    known = found is not None and found.by in ("group", "person")
    once = failure.cause in ONCE or (failure.cause is Cause.CANCELLED and not known)
    return 1 if once else RERUN_LIMIT


def _what(failure: Failure) -> str:
    found = cancelled_by(failure)
    if found is None:
        return failure.cause.value.replace("_", " ")
    one_by_one = "; from now on one commit is verified at a time" if found.by == "group" else ""
    return f"{cancelled_words(found)}{one_by_one}"


def _again(task: Task, failure: Failure) -> Move | None:
    """An outage before there were jobs: there is nothing to run again, so the attempt is made again."""
    if failure.cause in ONCE:
        return None
    count = uncharged(task, failure.cause)
    if count > UNCHARGED_LIMIT:
        return _ask(task, ask_after_retries(task.key, failure, count), failure.detail)
    reason = f"{failure.cause.value.replace('_', ' ')} before anything could be verified; not charged"
    return Move(task=task.key, action=Action.RETRY, reason=reason, decided_by=Decider.RULES)


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
        protected=run.config.paths.guarded,
        causes={failure.task: failure.cause for failure in gate.failures if failure.task not in settled},
    )


class PlanWait(Frozen):
    """Why a plan waits for a person."""

    reasons: tuple[str, ...]


def plan_wait(run: Run) -> PlanWait | None:
    """Whether the plan needs a yes, and why."""
    assert run.plan is not None
    reasons: list[str] = []
    config, high = run.config, estimates.of(run).high
    if edits.stale(run) is not None:
        reasons.append("the issue was edited after it was read, and this plan is of the text as it was")
    if run.plan_only:
        reasons.append("only a plan was asked for")
    if config.plan.approval == "always":
        reasons.append("this repository approves every plan")
    if config.plan.approval != "never" and run.plan_notes:
        reasons.append("the planner's answer broke rules (the plan says which)")
    if config.plan.approval != "never" and run.aside is not None and run.aside.touched:
        reasons.append("it names files that Otto cannot write (the plan says which)")
    if config.plan.approval == "auto" and high > config.plan.auto_if_under_usd:
        reasons.append(f"it may cost up to ${high:.2f} (above ${config.plan.auto_if_under_usd:.2f} people decide)")
    if config.plan.approval == "auto" and len(run.plan.tasks) > config.plan.max_tasks:
        reasons.append(f"it has {len(run.plan.tasks)} tasks (above {config.plan.max_tasks} people decide)")
    if exposed(run):
        accepts = config.verify.exposure == "accept"
        host = "; `verify.exposure: accept` counts only where the host of Otto allows it, too" if accepts else ""
        reasons.append(f"code on its branches can use what your CI has (the plan lists it{host})")
    return PlanWait(reasons=tuple(reasons)) if reasons else None


def exposed(run: Run) -> bool:
    """Whether a person has to allow what code on the run's branches can use in CI."""
    if run.exposure is None or not run.exposure.items or not allowing.asks(run):
        return False
    return allowing.allowed_before(run) is None


def reopens(action: Action) -> bool:
    """Whether a task is coded again after this move."""
    return action in REOPENING
