"""Rules about people: what they say counts as it was meant, and for that alone; whoever is called can help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otto_bot.bench.simulate.rules import hold
from otto_bot.core import base
from otto_bot.core import events as e
from otto_bot.core.edits import edited
from otto_bot.core.events import RunEvent
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.waits import Wait

if TYPE_CHECKING:
    from otto_bot.bench.simulate.watch import Watch

REFUSALS = frozenset({
    "stale_revision", "not_posted", "nothing_to_approve", "cannot_retry", "no_money", "still_deciding", "cannot_skip",
    "use_approve", "nothing_failed", "not_resting", "host_cap", "ended", "already_resting",
})  # fmt: skip
OUTSIDE = (
    e.CommandGiven, e.IssueChanged, e.PullRequestClosed, e.RunBranchMoved, e.BaseMoved, e.BaseTaken, e.BaseConflict,
    e.BaseRefused, e.WorkflowsHeld, e.ReviewGiven, e.ReviewPosted, e.IssueEdited,
)  # fmt: skip
"""What people do, and what the default branch does: these may end a wait that somebody was called for."""


def input_text(before: Run, event: RunEvent, after: Run) -> None:
    """0: what the run works on changes by a new plan alone; no rule says yes to a plan of an edited issue."""
    if (before.title, before.body) != (after.title, after.body):
        asked = isinstance(event, e.CommandGiven) and event.given.command.verb == "replan"
        hold(0, asked, f"what the run works on changed by {event.type}")
        hold(0, after.phase in (RunPhase.PLANNING, RunPhase.JOURNEYS), "the issue is read again while work goes on")
    if after.phase is RunPhase.PLAN_REVIEW and after.plan_approved_by == "rule":
        hold(0, edited(after) is None, "a rule said yes to a plan of an issue that was edited")
    if before.pull_request is None and after.pull_request is not None and edited(before) is not None:
        by = before.plan_approved_by
        hold(0, by not in ("", "rule"), "work began on an edited issue, and nobody said yes")


def yes(before: Run, event: RunEvent, after: Run) -> None:
    """0: a yes counts for the revision that it names, and for no other."""
    if not isinstance(event, e.CommandGiven) or event.given.command.verb != "approve":
        return
    named, old, new = event.given.command.revision, before.gate, after.gate
    if named is None:
        return
    if old is not None and new is not None and new.approved_by and not old.approved_by:
        hold(0, named == new.revision, f"r{new.revision} is approved by a yes to r{named}")
    if after.plan_approved_by and not before.plan_approved_by:
        hold(0, named == after.plan_revision, f"plan r{after.plan_revision} is approved by a yes to r{named}")


def calls(watch: Watch, wait: Wait | None, before: Run, event: RunEvent, after: Run) -> None:
    """0: who was called is waited for until somebody acts; the very words that they were told lead on."""
    now = watch.waits(after)
    if isinstance(event, e.PersonCalled) and wait is not None and event.wait == wait.key:
        watch.called = wait
    gone = wait is not None and watch.called is not None and wait.key == watch.called.key
    if gone and wait is not None and (now is None or now.key != wait.key):
        watch.called = None
        # What was still under way may end in a hold of its own: a second question, and the first comes after it.
        broken = after.outcome is not before.outcome or after.hold is not None
        by_people = isinstance(event, OUTSIDE) or base.waiting(before) or broken
        hold(0, by_people, f"called for nothing: {wait} ended by {event.type}, now {now}")
    if isinstance(event, e.CommandGiven):
        answered = watch.world.people.answers.pop(event.given.key, None)
        if answered is not None and wait is not None and wait.key == answered.key and wait.reply == answered.reply:
            keys = {reply.key for reply in after.replies[len(before.replies) :]}
            hold(0, not keys & REFUSALS, f"{wait.reply!r} to {wait} is refused: {keys}")
            hold(0, now is None or now.key != wait.key, f"{wait.reply!r} to {wait} changes nothing")


def idle_time(watch: Watch, before: Run, wait: Wait | None, event: RunEvent, after: Run) -> None:
    """0: a run's minutes are its own: time in which people are waited for does not count."""
    last, waited = watch.idle.get(before.id, (before.started_at, 0.0))
    if before.resting or wait is not None:
        waited += max(0.0, (event.at - last).total_seconds())  # type: ignore[operator]
    watch.idle[before.id] = (event.at, waited)
    used_up = isinstance(event, e.TimeUsedUp) and after.hold is not None and before.hold is None
    if used_up and not watch.world.life.jumps:
        worked = (event.at - before.started_at).total_seconds() - waited
        words = f"{before.minutes:g} minutes are used up after {worked / 60:.1f}, {waited / 60:.1f} waited for people"
        hold(0, worked >= before.minutes * 60 - 1, words)
