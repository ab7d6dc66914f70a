"""Simulated jobs that bring attempts to the run branch, and take the default branch into it."""

from __future__ import annotations

from typing import Any

from otto_bot.bench.simulate.jobs.case import Case, Steps
from otto_bot.bench.simulate.jobs.planning import dispatch, verification_pull
from otto_bot.bench.simulate.makers import OTTO, failure
from otto_bot.bench.simulate.refs import BASE, Rejected
from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Phase


def candidate(case: Case) -> Steps[list[RunEvent]]:
    """Verified attempts squashed in plan order; pushed unless its tree is proven."""
    run, refs = case.run, case.refs
    made = run.integration
    if made is None or made.sha is not None or made.step != case.effect.number:
        return []
    where: dict[str, Any] = {"batch": made.batch, "step": made.step}
    onto, commits = run.head, {}
    yield 0.5
    for key in made.merging:
        last = run.task(key).last
        assert last is not None
        assert last.sha is not None
        squashed = refs.squashed(onto, last.sha)
        if squashed is None:
            why = failure(key, 0, Cause.MERGE_CONFLICT, Phase.MERGE)
            return [e.CandidateConflict(at=case.now, **where, task=key, failure=why)]
        onto = commits[key] = squashed.sha
    tree = refs.commits[onto].tree
    built = {**where, "tasks": made.merging, "sha": onto, "tree": tree, "commits": commits}
    if tree in run.green_trees:
        return [e.CandidateBuilt(at=case.now, **built)]
    branch = f"{run.prefix}/batch-{made.batch}-{made.step}"
    current = refs.heads.get(branch)
    yield from case.write(lambda: refs.push(branch, onto, current, OTTO))
    pull = yield from verification_pull(case, branch)
    dispatched = yield from dispatch(case, onto, branch)
    return [e.CandidateBuilt(at=case.now, **built, branch=branch, pull_request=pull, dispatched_run=dispatched)]


def merge(case: Case) -> Steps[list[RunEvent]]:
    """TasksMerged; RunBranchMoved where someone else's commits got there first."""
    run = case.run
    made = run.integration
    if made is None or not made.ready or made.step != case.effect.number or made.sha is None or made.tree is None:
        return []
    sha, tree = made.sha, made.tree
    moved = yield from _forward(case, sha)
    if moved is not None:
        return [moved]
    return [e.TasksMerged(at=case.now, batch=made.batch, step=made.step, tasks=made.merging, sha=sha, tree=tree)]


def _forward(case: Case, sha: str) -> Steps[e.RunBranchMoved | None]:
    """The run branch goes forward to a commit of ours; None = it did."""
    run, refs = case.run, case.refs
    try:
        yield from case.write(lambda: refs.push(run.run_branch, sha, run.head, OTTO))
    except Rejected:
        head = refs.heads[run.run_branch]
        if head == run.head:
            raise
        return e.RunBranchMoved(at=case.now, sha=head, tree=refs.commits[head].tree)
    return None


def take_base(case: Case) -> Steps[list[RunEvent]]:
    """BaseTaken, BaseConflict, BaseRefused, or the news that somebody else was first."""
    run, refs = case.run, case.refs
    yield 0.5
    base = refs.heads[BASE]
    where: dict[str, Any] = {"asked": case.effect.target, "base_sha": base}
    merged = refs.merged(run.head, base)
    if merged is None:
        return [e.BaseConflict(at=case.now, **where, paths=("a.py",))]
    if case.bad(0.1) and run.exposure_accepted != f"hash-{base}":
        words = "the workflows are others now"
        return [e.BaseRefused(at=case.now, **where, reason=words, exposure=f"hash-{base}")]
    moved = yield from _forward(case, merged.sha)
    if moved is not None:
        return [moved]
    known = run.verifications.get(BASELINE)
    again = known is None or known.sha != merged.sha
    dispatched = (yield from dispatch(case, merged.sha, run.run_branch)) if again else None
    return [e.BaseTaken(at=case.now, **where, sha=merged.sha, tree=merged.tree, dispatched_run=dispatched)]
