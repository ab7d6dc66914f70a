"""What a write to the ledger means for whoever watches: named steps, and numbers of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from otto_bot.core import events as e
from otto_bot.core.attempt import Attempt, Task, TaskState
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.waits import waiting
from otto_bot.observe import spans
from otto_bot.observe.context import Value, bound
from otto_bot.observe.events import Event, tell

log = logging.getLogger(__name__)

Step = tuple[Event, dict[str, Value]]
Told = Callable[[Run | None, Run, Sequence[e.RunEvent]], None]
"""Is told each write once it is committed: the run before it, after it, and the events."""
PASSED = frozenset({TaskState.VERIFIED, TaskState.MERGED})


class Counts(Protocol):
    """Counts steps."""

    def step(self, event: Event, fields: dict[str, Value]) -> None:
        """One more."""


class Telling:
    """Logs each step of a run once, and counts it. Never raises: what it tells of is committed."""

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts

    def __call__(self, before: Run | None, after: Run, events: Sequence[e.RunEvent]) -> None:
        """A write is committed."""
        try:
            found = list(steps(before, after, events))
        except Exception:
            log.exception("what happened in run %s cannot be told", after.id)
            return
        repo = after.repo
        with bound(
            run=after.id, repository=repo.full_name, repository_id=repo.id, installation=repo.installation_id,
            issue=after.issue,
        ):  # fmt: skip
            spans.leads_to(after.id)
            for event, fields in found:
                tell(log, event, **fields)
                if self._counts is not None:
                    self._counts.step(event, fields)
                if event is Event.RUN_ENDED:
                    until = events[-1].at if events else after.started_at
                    outcome = str(fields["outcome"])
                    spans.run_is_over(after.id, after.started_at, until, outcome=outcome, usd=fields["usd"])


def steps(before: Run | None, after: Run, events: Sequence[e.RunEvent]) -> Iterator[Step]:
    """What is worth telling of a write: read from the state where it shows there, else from its events."""
    if before is None:
        yield Event.RUN_STARTED, {"kind": after.kind, "issue": after.issue, "by": after.actor.login}
        return
    for event in events:
        yield from _of_event(before, event)
    yield from _attempts(before, after)
    yield from _gates(before, after)
    yield from _standing(before, after)
    if (outcome := _over(after)) and not _over(before):
        minutes = (events[-1].at - after.started_at).total_seconds() / 60 if events else None
        usd = round(after.money.settled, 6)
        yield (
            Event.RUN_ENDED,
            {"outcome": outcome, "usd": usd, "minutes": None if minutes is None else round(minutes, 2)},
        )


def _over(run: Run) -> str:
    """How it came to its end; empty where it has not. It may go on from there, and end again."""
    return run.outcome.value if run.phase is RunPhase.DONE and run.outcome is not None else ""


def _of_event(before: Run, event: e.RunEvent) -> Iterator[Step]:
    yield from _posted(event)
    match event:
        case e.PlanMade():
            most = event.estimate.high if event.estimate is not None else None
            yield Event.PLAN_MADE, {"number": event.number, "tasks": len(event.plan.tasks), "estimate_usd": most}
        case e.PullRequestOpened():
            yield Event.PULL_REQUEST_OPENED, {"pull_request": event.number}
        case e.VerificationEnded():
            head = before.verifications.get(event.target)
            waited = (event.at - head.started_at).total_seconds() if head is not None else None
            yield Event.VERIFICATION_ENDED, {"target": event.target, "ending": event.ending, "seconds": waited}
        case e.TasksMerged():
            yield Event.TASKS_MERGED, {"batch": event.batch, "tasks": " ".join(event.tasks)}
        case e.PersonCalled():
            yield Event.PERSON_CALLED, {"wait": event.wait}
        case e.EffectFailed():
            again = event.retry_at.isoformat(timespec="seconds") if event.retry_at is not None else None
            yield Event.EFFECT_FAILED, {"effect": event.key, "trouble": event.kind, "retry_at": again}


def _posted(event: e.RunEvent) -> Iterator[Step]:
    """Comments that stand."""
    match event:
        case e.PlanPosted():
            yield Event.COMMENT_POSTED, {"what": "plan", "comment": event.comment_id}
        case e.DecisionPosted():
            fields: dict[str, Value] = {"gate": event.gate, "revision": event.revision}
            yield Event.COMMENT_POSTED, {"what": "decision", "comment": event.comment_id, **fields}
        case e.JourneysPosted():
            yield Event.COMMENT_POSTED, {"what": "journeys", "comment": event.comment_id}
        case e.ReviewPosted():
            yield Event.COMMENT_POSTED, {"what": "review", "comment": event.comment_id}


def _attempts(before: Run, after: Run) -> Iterator[Step]:
    """Attempts that began, and those that have ended by this write."""
    known = {task.key: task for task in before.tasks.values()}
    for task in after.tasks.values():
        old = known.get(task.key)
        if old is task or task.last is None:
            continue
        where: dict[str, Value] = {"task": task.key, "attempt": task.last.number}
        if old is None or len(task.attempts) > len(old.attempts):
            yield Event.ATTEMPT_BEGUN, where
        if result := _result(old, task, task.last):
            spent = after.money.by_task.get(task.key)
            cause = task.last.failure.cause.value if result == "failed" and task.last.failure is not None else None
            usd = None if spent is None else round(spent, 6)
            yield Event.ATTEMPT_ENDED, {**where, "result": result, "cause": cause, "task_usd": usd}


def _result(old: Task | None, task: Task, last: Attempt) -> str:
    """How the newest attempt ended by this write; empty where it did not."""
    was = old.last if old is not None and old.last is not None and old.last.number == last.number else None
    if last.failure is not None and (was is None or was.failure is None):
        return "failed"
    return "passed" if task.state in PASSED and (old is None or old.state not in PASSED) else ""


def _gates(before: Run, after: Run) -> Iterator[Step]:
    known = {gate.number: gate for gate in before.gates}
    for gate in after.gates:
        old = known.get(gate.number)
        if old is gate:
            continue
        if old is None:
            yield Event.GATE_OPENED, {"gate": gate.number, "batch": gate.batch, "tasks": " ".join(gate.tasks)}
        decided = gate.decision
        if decided is not None and (old is None or old.decision is None or old.revision != gate.revision):
            yield Event.GATE_DECIDED, {
                "gate": gate.number, "revision": gate.revision, "decider": decided.decided_by.value,
                "usd": round(gate.usd, 6),
            }  # fmt: skip


def _standing(before: Run, after: Run) -> Iterator[Step]:
    """Whether the run can go on."""
    if waiting(after) and not waiting(before):
        yield Event.RUN_RESTS, {"phase": after.phase.value}
    if after.parked is not None and (before.parked is None or before.parked.why != after.parked.why):
        until = after.parked.until.isoformat(timespec="seconds") if after.parked.until is not None else None
        yield Event.RUN_PARKED, {"why": after.parked.why, "until": until}
    elif after.parked is None and before.parked is not None:
        yield Event.RUN_UNPARKED, {"why": before.parked.why}
    if after.bars and not before.bars:
        yield Event.RUN_BARRED, {"by": " ".join(sorted(bar.by for bar in after.bars))}
    elif before.bars and not after.bars:
        yield Event.RUN_UNBARRED, {}
