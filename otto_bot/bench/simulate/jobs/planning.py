"""Simulated jobs from the issue to the pull request."""

from __future__ import annotations

from otto_bot.bench.simulate.jobs.case import Case, Steps
from otto_bot.bench.simulate.jobs.growing import extended
from otto_bot.bench.simulate.makers import ISSUE, prepared
from otto_bot.bench.simulate.refs import BASE, Rejected
from otto_bot.core import events as e
from otto_bot.core.events import RunEvent
from otto_bot.core.lanes import LaneKind


def prepare(case: Case) -> Steps[list[RunEvent]]:
    """What is known of the repository; its configuration may be wrong."""
    yield 0.5
    if case.bad(0.3):
        return [e.Refused(at=case.now, reason="the configuration is wrong")]
    life = case.world.life
    return [prepared(case.now, life.config, case.refs.heads[BASE], life.lane, "ci" if life.shares else "")]


def plan_issue(case: Case) -> Steps[list[RunEvent]]:
    """A plan, or in mid-run more tasks."""
    run = case.run
    if not (yield from case.paid()):
        return [case.broke()]
    if run.pull_request is not None and case.bad(0.3):
        return [e.Refused(at=case.now, reason="no answer could be used", reply="/otto replan -- what to plan")]
    plan = case.world.life.plan if run.pull_request is None else extended(case.dice, run)
    return [e.PlanMade(at=case.now, number=case.effect.number, plan=plan)]


def post_plan(case: Case) -> Steps[list[RunEvent]]:
    """The plan's comment, edited for each revision."""
    run, begun = case.run, case.now
    if run.plan is None or case.effect.number != run.plan_revision:
        return []
    says: dict[str, object] = {"plan": run.plan_revision}
    number = yield from case.write(lambda: case.github.upsert(f"{run.id}/plan", ISSUE, says))
    return [e.PlanPosted(at=case.now, revision=case.effect.number, comment_id=number, begun_at=begun)]


def open_pull_request(case: Case) -> Steps[list[RunEvent]]:
    """The run branch with its empty first commit, and the draft."""
    run, refs, branch = case.run, case.refs, case.run.run_branch
    first = refs.write(run.base_sha, adds=f"first/{run.id}", sha=f"first-{run.id}-{run.base_sha[:8]}")
    head = refs.heads.get(branch)
    if head is None:
        yield from case.write(lambda: _push(case, branch, first.sha))
    sha = refs.heads[branch]
    yield 0.2
    if not case.wanted:
        return []
    pull = yield from case.write(lambda: case.github.open_pull(branch))
    dispatched = yield from dispatch(case, sha, branch)
    tree = refs.commits[sha].tree
    return [
        e.PullRequestOpened(
            at=case.now, number=pull.number, node_id="n", head_sha=sha, head_tree=tree, dispatched_run=dispatched
        )
    ]


def reopen(case: Case) -> Steps[list[RunEvent]]:
    """The pull request that somebody closed is open again, unless it was merged."""
    pull = case.github.pulls[case.effect.number]
    yield 0.2
    if pull.merged:
        return [e.PullRequestClosed(at=case.now, merged=True)]
    yield from case.write(lambda: case.github.reopen_pull(pull.number))
    return [e.PullRequestReopened(at=case.now)]


def _push(case: Case, branch: str, sha: str) -> None:
    try:
        case.refs.push(branch, sha, None, "otto[bot]")
    except Rejected:
        return  # an earlier try has made it


def dispatch(case: Case, sha: str, branch: str) -> Steps[int | None]:
    """In the dispatch lane a workflow run is started, unless it exists."""
    if case.github.lane is not LaneKind.DISPATCH:
        return None
    number = yield from case.write(lambda: case.github.actions.start(case.refs.commits[sha], branch))
    return number


def verification_pull(case: Case, branch: str) -> Steps[int | None]:
    """In the pull-request lane: the draft that lets Actions verify a branch; the run branch has its own."""
    if case.github.lane is not LaneKind.PULL_REQUEST or branch == case.run.run_branch:
        return None
    pull = yield from case.write(lambda: case.github.open_pull(branch))
    return pull.number
