"""From an issue to an approved plan with its pull request, and what a plan made anew in mid-run adds."""

from __future__ import annotations

from otto_bot.core import events as e
from otto_bot.core import journey_rounds, policy
from otto_bot.core.attempt import BASELINE, Task, Verification
from otto_bot.core.budget import lineage_cap
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.plan import Plan, batches, problems
from otto_bot.core.reviews import plan_of
from otto_bot.core.run import Outcome, Run, RunPhase


def prepared(run: Run, event: e.Prepared) -> Run:
    """What is needed before a plan is known. What only improves or certifies has its plan already."""
    if run.prepared or run.phase is not RunPhase.PLANNING:
        return run
    cap = lineage_cap(run.caps.usd, event.config.budget.usd, run.money.granted)
    run = run.model_copy(
        update={
            "prepared": True,
            "scans": event.scans,
            "author": event.author,
            "config": event.config,
            "base_sha": event.base_sha,
            "lane": event.lane,
            "exposure": event.exposure,
            "branches_prefix": event.prefix,
            "branch_rules": event.rules,
            "hinders": event.hinders,
            "offered": event.offered,
            "money": run.money.model_copy(update={"cap": cap}),
            "minutes": event.config.budget.minutes,
        }
    )
    if run.kind == "improve" and run.reviews:
        return _planned(run, plan_of(run.reviews[0]), None)
    return journey_rounds.begin(run) if run.kind == "certify" and run.subject is not None else run


def plan_made(run: Run, event: e.PlanMade) -> Run:
    """The planner's plan is the next revision. In mid-run it may only add: what was planned before stays as it was."""
    if run.phase is not RunPhase.PLANNING or not run.prepared or event.number != run.plan_number:
        return run
    if problems(event.plan, max_tasks=len(event.plan.tasks)):
        return run
    if run.kind == "certify":
        return journey_rounds.begin(run.model_copy(update={"subject": event.plan}))
    make = _planned if run.pull_request is None else _extended
    after = make(run, event.plan, event.estimate)
    if after is run:
        return run
    notes = event.notes if event.unsound else ()
    return after.model_copy(update={"plan_notes": notes, "aside": event.aside or run.aside})


def _planned(run: Run, plan: Plan, estimate: Estimate | None) -> Run:
    revision = run.revision + 1
    return run.model_copy(
        update={
            "plan": plan,
            "estimate": estimate,
            "phase": RunPhase.PLAN_REVIEW,
            "revision": revision,
            "plan_revision": revision,
            "tasks": {task.key: Task(key=task.key) for task in plan.tasks},
            "order": batches(plan),
        }
    )


def _extended(run: Run, plan: Plan, estimate: Estimate | None) -> Run:
    """More tasks after those that are there; each of these stands unchanged in the new plan, in the same order."""
    assert run.plan is not None
    old = run.plan.tasks
    if plan.tasks[: len(old)] != old or len(plan.tasks) == len(old):
        return run
    more = [spec.key for spec in plan.tasks[len(old) :]]
    revision = run.revision + 1
    return run.model_copy(
        update={
            "plan": plan,
            "plan_before": run.plan,
            "estimate": estimate,
            "phase": RunPhase.PLAN_REVIEW,
            "revision": revision,
            "plan_revision": revision,
            "tasks": {**run.tasks, **{key: Task(key=key, origin="replan") for key in more}},
            "order": batches(plan, more),
        }
    )


def plan_posted(run: Run, event: e.PlanPosted) -> Run:
    """The plan comment stands: it is approved by rule, or waits for a person."""
    if event.revision != run.plan_revision or run.plan_posted >= event.revision:
        return run
    posted = {"plan_posted": event.revision, "plan_posted_at": event.begun_at or event.at}
    run = run.model_copy(update={**posted, "plan_comment_id": event.comment_id, "plan_issue": event.issue})
    if run.phase is RunPhase.PLAN_REVIEW and policy.plan_wait(run) is None:
        run = run.model_copy(update={"plan_approved_by": "rule"})
    return run


def pull_request_opened(run: Run, event: e.PullRequestOpened) -> Run:
    """The work begins; the empty first commit is the baseline of everything later."""
    if run.pull_request is not None:
        return run
    opened = {
        "pull_request": event.number,
        "pull_request_node": event.node_id,
        "head": event.head_sha,
        "head_tree": event.head_tree,
    }
    if run.outcome is Outcome.CANCELLED:
        return run.model_copy(update=opened)  # it ended while this was under way: what stands there has to say so
    if run.phase is not RunPhase.PLAN_REVIEW or not run.plan_approved_by:
        return run
    begun = {"phase": RunPhase.EXECUTING, "batch": 1, "estimated": run.estimate}
    run = run.model_copy(update={**opened, **begun})
    return run.with_verification(
        Verification(
            target=BASELINE,
            branch=run.run_branch,
            sha=event.head_sha,
            tree=event.head_tree,
            started_at=event.at,
            next_at=event.at,
            pull_request=event.number,
            dispatched_run=event.dispatched_run,
        )
    )
