"""Simulated jobs of a coder: an attempt is coded, and pushed."""

from __future__ import annotations

from typing import Any

from otto_bot.bench.simulate.jobs.case import Case, Later, Retry, Steps
from otto_bot.bench.simulate.jobs.planning import dispatch, verification_pull
from otto_bot.bench.simulate.makers import OTTO
from otto_bot.bench.simulate.refs import BASE, Commit, Rejected
from otto_bot.core import events as e
from otto_bot.core.acceptance import accepted_names, held
from otto_bot.core.attempt import Attempt, Handoff
from otto_bot.core.decision import Action
from otto_bot.core.diff_findings import Finding
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Phase
from otto_bot.core.learning_uses import own
from otto_bot.core.learnings import Told
from otto_bot.core.notes import Findings
from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained

CAUSES = (
    Cause.NO_CHANGES, Cause.AGENT_LIMIT, Cause.PROVIDER_ERROR, Cause.HELD_BY_DIFF_GATE, Cause.BUDGET,
    Cause.TESTS_WEAKENED,
)  # fmt: skip


def code(case: Case) -> Steps[list[RunEvent]]:
    """AttemptCoded, or how else it ended; what there is when it is stopped is pushed."""
    effect, run = case.effect, case.run
    last = run.task(effect.task).last
    if last is None or last.number != effect.attempt:
        base, branch = _start(case, run)
        told = tuple(Told(number=n, text="x", source="s") for n in sorted(own(run)) if case.world.shelf.tellable(n))
        begun = e.AttemptStarted(
            at=case.now, task=effect.task, attempt=effect.attempt, base_sha=base, branch=branch, learnings=told
        )
        run = case.record(begun)
        last = run.task(effect.task).last
    if last is None or last.number != effect.attempt:
        return []
    yield 0.5
    return (yield from _work(case, last))


def _start(case: Case, run: Run) -> tuple[str, str]:
    """A first or fresh attempt starts at the run branch's head; a retry at its predecessor, the head merged in."""
    task, refs = run.task(case.effect.task), case.refs
    own_branch = run.run_branch if run.single else f"{run.prefix}/{task.key}-a{case.effect.attempt}"
    before = next((one for one in reversed(task.attempts) if one.sha and one.pushed), None)
    if before is None or before.sha is None or task.next_strategy is Action.RESTART_FRESH:
        return run.head, own_branch
    merged = refs.merged(before.sha, run.head)
    return (run.head, own_branch) if merged is None else (merged.sha, before.branch)


def _work(case: Case, attempt: Attempt) -> Steps[list[RunEvent]]:
    where: dict[str, Any] = {"at": case.now, "task": case.effect.task, "attempt": attempt.number}
    for turn in range(case.dice.choice([1, 1, 2, 3])):
        if case.yields or not case.wanted:
            raise Later
        if case.latest().stopping:
            return [e.AttemptStopped(**{**where, "at": case.now}, **(yield from _saved(case, attempt, turn)))]
        if not (yield from case.paid()):
            broke = case.failed(Cause.BUDGET, Phase.CODING)
            saved = yield from _saved(case, attempt, turn)
            return [e.AttemptFailed(**{**where, "at": case.now}, failure=broke, **saved)]
    where["at"] = case.now
    if case.bad(0.3):
        cause = case.dice.choice(CAUSES)
        saved = (yield from _saved(case, attempt, 1)) if cause in (Cause.AGENT_LIMIT, Cause.BUDGET) else {}
        return [e.AttemptFailed(**where, failure=case.failed(cause, Phase.CODING), **saved)]
    made = _commit(case, attempt, "")
    left = Handoff(findings=Findings(gotchas=(f"found by {case.effect.task}",)))
    return [e.AttemptCoded(**where, sha=made.sha, tree=made.tree, handoff=left)]


def _commit(case: Case, attempt: Attempt, kind: str) -> Commit:
    """The work as a commit on where the attempt began; on a shared branch nothing moves backwards."""
    adds = f"{case.run.id}/{case.effect.task}/a{attempt.number}{kind}"
    parents = [attempt.base_sha]
    if case.run.single and not case.refs.holds(attempt.base_sha, case.run.head):
        parents = [case.run.head]
    return case.refs.write(*parents, adds=adds)


def _saved(case: Case, attempt: Attempt, turns: int) -> Steps[dict[str, str]]:
    """Work that will not be verified is pushed all the same; nothing where nothing was written yet."""
    if turns == 0:
        return {}
    made = _commit(case, attempt, "/part")
    current = case.refs.heads.get(attempt.branch)
    try:
        yield from case.write(lambda: case.refs.push(attempt.branch, made.sha, current, OTTO))
    except Rejected as error:
        raise Retry from error
    return {"sha": made.sha, "tree": made.tree}


def push(case: Case) -> Steps[list[RunEvent]]:
    """AttemptPushed; a refused push is the attempt's failure, with the news of who was first."""
    run, effect = case.run, case.effect
    last = run.task(effect.task).last
    if last is None or last.sha is None or last.number != effect.attempt:
        return []
    yield 0.3
    before = _renewal(case, run, last)
    if isinstance(before, e.AttemptRenewed):
        run = case.record(before)
        last = run.task(effect.task).last
    elif before is not None:
        return [before]
    if last is None or last.sha is None or last.number != effect.attempt:
        return []
    where: dict[str, Any] = {"task": effect.task, "attempt": effect.attempt}
    if case.bad(0.05):
        return [e.AttemptFailed(at=case.now, **where, failure=case.failed(Cause.PUSH_REJECTED, Phase.PUSH))]
    found = Finding(rule="protected_path", path="CODEOWNERS", detail="who has to review what", content=last.sha)
    if case.bad(0.08) and found.name not in accepted_names(run):
        why = held(effect.task, effect.attempt, last.sha, Phase.PUSH, [found])
        return [e.AttemptFailed(at=case.now, **where, failure=why)]
    sha, branch, current = last.sha, last.branch, case.refs.heads.get(last.branch)
    try:
        yield from case.write(lambda: case.refs.push(branch, sha, current, OTTO))
    except Rejected:
        return _rejected(case, run, last)
    pull = yield from verification_pull(case, branch)
    dispatched = yield from dispatch(case, sha, branch)
    return [e.AttemptPushed(at=case.now, **where, sha=sha, pull_request=pull, dispatched_run=dispatched)]


def _rejected(case: Case, run: Run, attempt: Attempt) -> list[RunEvent]:
    """Somebody else's commits are kept: the work moves on top of them, or to a fresh branch."""
    found: list[RunEvent] = []
    shared = attempt.branch == run.run_branch
    if shared:
        head = case.refs.heads[run.run_branch]
        found.append(e.RunBranchMoved(at=case.now, sha=head, tree=case.refs.commits[head].tree))
    cause = Cause.MERGE_CONFLICT if shared else Cause.PUSH_REJECTED
    failed = case.failed(cause, Phase.PUSH)
    found.append(e.AttemptFailed(at=case.now, task=case.effect.task, attempt=attempt.number, failure=failed))
    return found


def _renewal(case: Case, run: Run, attempt: Attempt) -> e.AttemptRenewed | e.PushWaits | e.AttemptFailed | None:
    """What has to happen before the push; None = nothing."""
    where: dict[str, Any] = {"at": case.now, "task": case.effect.task, "attempt": attempt.number}
    if run.resting or attempt.sha is None:
        return None
    if attempt.awaits_base or run.single:
        needed = run.head if run.single else contained(run)
        if not case.refs.holds(attempt.sha, needed):
            merged = case.refs.merged(attempt.sha, run.head)
            if merged is None:
                return e.AttemptFailed(**where, failure=case.failed(Cause.MERGE_CONFLICT, Phase.MERGE))
            return e.AttemptRenewed(**where, sha=merged.sha, tree=merged.tree)
        if attempt.awaits_base:
            return None
    newest = case.refs.heads[BASE]
    told = run.base_head not in ("", contained(run)) and newest not in (contained(run), run.base_conflict)
    if told and not case.refs.holds(attempt.sha, newest) and case.world.workflows_differ(newest):
        return e.PushWaits(**where, base_sha=newest)
    return None
