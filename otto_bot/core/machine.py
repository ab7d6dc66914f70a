"""`reduce(run, event) -> run`: pure and total. An event that does not fit the state changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otto_bot.core import (
    barred,
    base,
    closing,
    edits,
    failing,
    funds,
    gates,
    integration,
    journey_dispatch,
    journey_rounds,
    learning_uses,
    others,
    parked,
    planning,
    polling,
    review_rounds,
    serial,
    steering,
    tasks,
)
from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE, TaskState
from otto_bot.core.budget import Money
from otto_bot.core.cancelled import cancelled_by
from otto_bot.core.cancelled import words as cancelled_words
from otto_bot.core.changed import changed_fields
from otto_bot.core.events import RunEvent
from otto_bot.core.following import followed, followed_if_needed, pass_on, quiet
from otto_bot.core.invariants import InvariantBroken, broken, broken_since, broken_step, overspent
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.reviews import Review, tasks_needed
from otto_bot.core.run import Outcome, Run, RunPhase


def reduce(run: Run | None, event: RunEvent) -> Run | None:
    """The run after an event. Raises InvariantBroken where a rule of the house would not hold.

    Looks only at what the event can have changed; `reduce_in_full` says the same.
    """
    if run is None:
        return started(event) if isinstance(event, e.RunStarted) else None
    account = _ACCOUNTS.get(type(event))
    if account is not None and quiet(run):
        return _paid(run, account(run, event))
    after = _handled(run, event)
    if after is run:
        return run
    changed = changed_fields(run, after)
    found = followed_if_needed(run, after, event, changed)
    if found is not after:
        changed = changed_fields(run, found)
    wrong = broken_since(run, found, changed)
    if wrong:
        raise InvariantBroken(wrong)
    return found


def reduce_in_full(run: Run | None, event: RunEvent) -> Run | None:
    """`reduce` that looks at everything each time: what the short way is held against."""
    if run is None:
        return started(event) if isinstance(event, e.RunStarted) else None
    after = _handled(run, event)
    if after is run:
        return run
    after = followed(run, after, event)
    wrong = (*broken(after), *broken_step(run, after))
    if wrong:
        raise InvariantBroken(wrong)
    return after


def _handled(run: Run, event: RunEvent) -> Run:
    """The run after an event, without what follows from it."""
    account = _ACCOUNTS.get(type(event))
    if account is not None:
        money = account(run, event)
        return run if money is run.money else run.model_copy(update={"money": money})
    handler = _HANDLERS.get(type(event))
    return run if handler is None else handler(run, event)


def _paid(run: Run, money: Money) -> Run:
    """Nine of ten events are about money, and nothing else changes by them."""
    if money is run.money:
        return run
    after = run.model_copy(update={"money": money})
    pass_on(run, after)
    if overspent(run, after):
        raise InvariantBroken(broken_since(run, after, _MONEY))
    return after


def started(event: e.RunStarted) -> Run:
    """A new run."""
    return Run(
        id=event.run_id,
        repo=event.repo,
        issue=event.issue,
        ordinal=event.ordinal,
        title=event.title,
        body=event.body,
        actor=event.actor,
        caps=event.caps,
        plan_only=event.plan_only,
        kind=event.kind,
        subject=event.subject,
        reviews=() if event.review is None else (_improved(event.review),),
        started_at=event.at,
        asked_at=event.asked_at,
        inherited_notes=event.context,
        seen=frozenset(event.heard),
        exposure_allowed=event.exposure_allowed,
        money=Money(cap=event.caps.usd, inherited=event.inherited.usd, granted=event.inherited.granted),
    )


def _improved(review: Review) -> Review:
    """The review that a run takes up: its tasks are the whole plan."""
    keys = tuple(f"t{number}" for number in range(1, tasks_needed(review) + 1))
    return review.model_copy(update={"state": "working", "tasks": keys})


def _refused(run: Run, event: e.Refused) -> Run:
    if run.resting:
        return run
    if not event.money:
        run = run.model_copy(update={"offered": event.offered}) if event.offered is not None else run
        return steering.rest(run, "needs_human", event.reason, event.at, event.reply, event.trouble)
    # Whoever refused may have looked before someone allowed more: what is asked for counts from now.
    say = funds.reply_for(run) or "/otto stop"
    return _save_work(steering.rest(run, "needs_human", event.reason, event.at, say, event.trouble))


def _save_work(run: Run) -> Run:
    """Money or minutes ended: coders at work push what they have."""
    coding = any(task.state is TaskState.CODING for task in run.tasks.values())
    return run.model_copy(update={"stopping": coding})


def _polled(run: Run, event: e.VerificationPolled) -> Run:
    verification = run.verifications.get(event.target)
    if verification is None or verification.ending is not None:
        return run
    run = run.with_verification(
        verification.model_copy(
            update={
                "polls": verification.polls + 1,
                "next_at": polling.next_look(verification, event),
                "looked_at": event.at,
                "waiting": event.waiting,
                "run_ids": event.run_ids or verification.run_ids,
                "url": event.url or verification.url,
            }
        )
    )
    return base.looked_for(run) if event.waiting == WAITS_FOR_BASE else run


def _verified(run: Run, event: e.VerificationEnded) -> Run:
    verification = run.verifications.get(event.target)
    if verification is None or verification.ending is not None or verification.sha != event.sha:
        return run
    verification = verification.model_copy(
        update={
            "ending": event.ending,
            "failure": event.failure,
            "run_ids": event.run_ids or verification.run_ids,
            "url": event.url or verification.url,
            "left": event.left,
            "also": event.also,
            "waiting": "",
        }
    )
    run = serial.learnt(run.with_verification(verification), verification)
    if event.target == BASELINE:
        run = base.baseline_verified(polling.base_known(run, event.at))
    elif event.target.startswith("b"):
        run = integration.candidate_verified(run, verification)
    else:
        run = tasks.attempt_verified(run, event.target, verification)
    return _cancelled(run, event)


def _cancelled(run: Run, event: e.VerificationEnded) -> Run:
    """A person who cancels a verification wants it to stop: the run pauses."""
    found = cancelled_by(event.failure)
    if found is None or found.by != "person" or run.resting:
        return run
    return steering.rest(run, "paused", f"{cancelled_words(found)} of {event.target}", event.at)


def _rerun(run: Run, event: e.JobsRerun) -> Run:
    verification = run.verifications.get(event.target)
    if verification is None or not verification.rerun_due or verification.round != event.round:
        return run
    return run.with_verification(
        verification.model_copy(update={"rerun_due": False, "started_at": event.at, "next_at": event.at})
    )


def _command(run: Run, event: e.CommandGiven) -> Run:
    return steering.steer(run, event.given, event.at)


def _relabelled(run: Run, event: e.IssueRelabelled) -> Run:
    return run if run.ended else run.model_copy(update={"relabelled_by": event.by})


def _pull_request_closed(run: Run, event: e.PullRequestClosed) -> Run:
    if run.pull_request is None:
        return run
    if run.ended:
        done = event.merged and not run.landed and run.outcome is Outcome.DONE
        return run.model_copy(update={"landed": True}) if done else run
    if event.merged:
        merged = all(task.state is TaskState.MERGED for task in run.tasks.values())
        outcome = Outcome.DONE if merged else Outcome.DONE_PARTIAL
        over = {"outcome": outcome, "phase": RunPhase.DONE, "hold": None, "landed": True}
        return run.model_copy(update={**over, "stopping": tasks.still_saving(run)})
    return closing.closed(run, event)


def _reserved(run: Run, event: e.MoneyReserved) -> Money:
    """A call that is asked for again is not heard of any more; a run that is over reserves nothing."""
    if run.ended:
        return run.money.lost(event.call)
    return run.money.reserve(event.call, event.usd) or run.money.refused(event.call, event.usd)


def _settled(run: Run, event: e.MoneySettled) -> Money:
    return run.money.settle(event.call, event.usage)


def _time_up(run: Run, event: e.TimeUsedUp) -> Run:
    if run.resting or run.idle_since is not None or event.at < run.over_at:
        return run  # what was seen is no longer so: it waits for people, or was given more minutes
    reason, say = f"its {run.minutes:g} minutes are used up", f"{funds.COMMAND} +1"
    if run.minutes >= run.caps.minutes:
        reason, say = f"{reason}, and the host of Otto allows no more for one run (OTTO_MAX_MINUTES)", "/otto stop"
    return _save_work(steering.rest(run, "needs_human", reason, event.at, say, "minutes"))


def _decision_made(run: Run, event: e.DecisionMade) -> Run:
    after = gates.decision_made(run, event)
    return run if after is run else funds.decided(after, event.at)


def _published(run: Run, event: e.Published) -> Run:
    ids = run.ids if event.github_id is None else {**run.ids, event.surface: event.github_id}
    return run.model_copy(
        update={
            "shown": {**run.shown, event.surface: event.digest},
            "shown_count": {**run.shown_count, event.surface: run.shown_count.get(event.surface, 0) + 1},
            "shown_at": {**run.shown_at, event.surface: event.at},
            "ids": ids,
        }
    )


def _called(run: Run, event: e.PersonCalled) -> Run:
    return run if event.wait in run.called else run.model_copy(update={"called": run.called | {event.wait}})


def _replied(run: Run, event: e.Replied) -> Run:
    owed = any(reply.number == event.number for reply in run.replies)
    return run.model_copy(update={"replied": event.number}) if owed and event.number == run.replied + 1 else run


def _actions_asked(run: Run, event: e.ActionsAsked) -> Run:
    others = {key: at for key, at in run.asked.items() if key != event.key}
    return run.model_copy(update={"asked": others if event.refused else {**others, event.key: event.at}})


def _tidied(run: Run, event: e.Tidied) -> Run:
    return run.model_copy(update={"closed_prs": run.closed_prs | {event.number}})


_MONEY = frozenset({"money"})
_ACCOUNTS: dict[type, Callable[[Run, Any], Money]] = {e.MoneyReserved: _reserved, e.MoneySettled: _settled}
"""Events that change the account and nothing else."""

_HANDLERS: dict[type, Callable[[Run, Any], Run]] = {
    e.Prepared: planning.prepared,
    e.Refused: _refused,
    e.PlanMade: planning.plan_made,
    e.PlanPosted: planning.plan_posted,
    e.PullRequestOpened: planning.pull_request_opened,
    e.AttemptStarted: tasks.attempt_started,
    e.AttemptCoded: tasks.attempt_coded,
    e.AttemptPushed: tasks.attempt_pushed,
    e.AttemptFailed: tasks.attempt_failed,
    e.AttemptStopped: tasks.attempt_stopped,
    e.VerificationPolled: _polled,
    e.VerificationEnded: _verified,
    e.Reported: polling.reported,
    e.JobsRerun: _rerun,
    e.JudgeEnded: tasks.judge_ended,
    e.CandidateBuilt: integration.candidate_built,
    e.CandidateConflict: integration.candidate_conflict,
    e.TasksMerged: integration.tasks_merged,
    e.GateOpened: gates.gate_opened,
    e.DecisionMade: _decision_made,
    e.DecisionPosted: gates.decision_posted,
    e.DecisionApplied: gates.decision_applied,
    e.CommandGiven: _command,
    e.IssueChanged: barred.issue_changed,
    e.IssueEdited: edits.issue_edited,
    e.IssueRelabelled: _relabelled,
    e.PullRequestClosed: _pull_request_closed,
    e.PullRequestReopened: closing.reopened,
    e.RunBranchMoved: others.run_branch_moved,
    e.AttemptBranchMoved: others.attempt_branch_moved,
    e.BaseMoved: base.base_moved,
    e.BaseTaken: base.base_taken,
    e.BaseConflict: base.base_conflict,
    e.BaseRefused: base.base_refused,
    e.WorkflowsHeld: base.workflows_held,
    e.PushWaits: base.push_waits,
    e.AttemptRenewed: base.attempt_renewed,
    e.TimeUsedUp: _time_up,
    e.EffectFailed: failing.effect_failed,
    e.Published: _published,
    e.Unsure: failing.unsure,
    e.PersonCalled: _called,
    e.Replied: _replied,
    e.ActionsAsked: _actions_asked,
    e.Tidied: _tidied,
    e.Parked: parked.parked,
    e.Unparked: parked.unparked,
    e.Barred: barred.barred,
    e.Unbarred: barred.unbarred,
    e.RepositoryMoved: barred.repository_moved,
    e.RightsAccepted: barred.rights_accepted,
    e.LearningsWritten: learning_uses.learnings_written,
    e.JourneysTested: journey_rounds.journeys_tested,
    e.JourneysDispatched: journey_dispatch.journeys_dispatched,
    e.JourneysPolled: journey_dispatch.journeys_polled,
    e.JourneysSkipped: journey_rounds.journeys_skipped,
    e.JourneysTriaged: journey_rounds.journeys_triaged,
    e.JourneysPosted: journey_rounds.journeys_posted,
    e.JourneysApplied: journey_rounds.journeys_applied,
    e.ReviewGiven: review_rounds.review_given,
    e.ReviewPosted: review_rounds.review_posted,
    e.ReviewAnswered: review_rounds.review_answered,
}
"""One small function an event; an event without one is only recorded."""
