"""The outer loop in the simulated world: journeys that fail, triage, plans that grow, and people's reviews."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from otto_bot.core import events as e
from otto_bot.core import journey_rounds
from otto_bot.core.additions import next_keys
from otto_bot.core.events import RunEvent
from otto_bot.core.journey_dispatch import MOST_DISPATCHES
from otto_bot.core.journeys import (
    Finding,
    FindingKind,
    JourneyReport,
    JourneyResult,
    JourneyRound,
    StepResult,
    Via,
    journeys_of,
)
from otto_bot.core.plan import Criterion, Journey, JourneyStep, Plan, ProductSpec, TaskSpec
from otto_bot.core.plan_growth import MorePlan, grown
from otto_bot.core.records import CommandRecord
from otto_bot.core.reviews import Review, ReviewPoint
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.core.verdict import Verdict

SPEC = ProductSpec(
    journeys=tuple(
        Journey(id=f"j{n}", title=f"way {n}", steps=(JourneyStep(do="a", see="b"), JourneyStep(do="c", see="d")))
        for n in (1, 2, 3)
    )
)


def with_journeys(plan: Plan) -> Plan:
    """The same plan, with ways through the product."""
    return plan.model_copy(update={"spec": SPEC})


def report(plan: Plan | None, failing: set[str]) -> JourneyReport:
    """What a tester saw; the first step of each failing journey broke."""
    records = (
        CommandRecord(number=1, tool="run", what="make check", exit_code=0, output="fine"),
        CommandRecord(number=2, tool="run", what="make check", exit_code=1, output="it broke"),
    )
    results = []
    for journey in journeys_of(plan):
        bad = journey.id in failing
        first = StepResult(id=journey.step_ids[0], status="failed" if bad else "passed", refs=("R2" if bad else "R1",))
        rest = tuple(
            StepResult(id=step, status="not_reached") if bad else StepResult(id=step, status="passed", refs=("R1",))
            for step in journey.step_ids[1:]
        )
        results.append(JourneyResult(id=journey.id, steps=(first, *rest)))
    return JourneyReport(journeys=tuple(results), records=records)


def findings(dice: random.Random, failing: tuple[str, ...]) -> tuple[Finding, ...]:
    """One for each failing journey, of any kind."""
    made = []
    for key in failing:
        kind = dice.choice([FindingKind.IMPLEMENTATION, FindingKind.IMPLEMENTATION, *FindingKind])
        question = "in or out?" if kind is FindingKind.SCOPE else ""
        made.append(Finding(journey=key, kind=kind, summary="it broke", ref="R2", quote="it broke", question=question))
    return tuple(made)


def extended(dice: random.Random, run: Run) -> Plan:
    """The run's plan with more tasks after those that are there."""
    assert run.plan is not None
    keys = next_keys(run, dice.choice([1, 2]))
    more = tuple(
        TaskSpec(
            key=key,
            title=f"more {key}",
            goal="g",
            criteria=(Criterion(id="c1", text="c"),),
            depends_on=tuple(need for need in keys[:n] if dice.random() < 0.5),
        )
        for n, key in enumerate(keys)
    )
    way = Journey(id="j1", title="another way", steps=(JourneyStep(do="a", see="b"),))
    return grown(run.plan, MorePlan(tasks=more, journeys=(way,) if dice.random() < 0.5 else ()), keys)


def review(dice: random.Random, number: int, now: datetime) -> e.ReviewGiven:
    """Somebody asks for changes: in words, in the lines, or in so many lines that one task cannot hold them."""
    count = dice.choice([0, 1, 2, 25])
    points = tuple(ReviewPoint(id=number * 100 + n, path="a.py", line=n + 1, text="rename it") for n in range(count))
    body = "please" if not points or dice.random() < 0.5 else ""
    by = Person(id=12, login="bob")
    given: dict[str, Any] = {"review": Review(id=number, by=by, body=body, points=points)}
    return e.ReviewGiven(at=now, **given)


class Outer:
    """Answers of the outer loop's effects; `Jobs` inherits them."""

    dice: random.Random
    actions = False
    """Whether the journeys are walked by Actions."""

    def bad(self, weight: float = 1.0) -> bool:
        raise NotImplementedError

    def number(self) -> int:
        raise NotImplementedError

    def journeys(self, run: Run, effect: Any, now: datetime) -> list[RunEvent]:
        one = journey_rounds.current(run)
        if one is None or one.number != effect.number:
            return []
        if self.bad(0.1):
            return [e.JourneysSkipped(at=now, round=one.number, reason="nothing here can run them")]
        if (started := self.by_actions(one, now)) is not None:
            return started
        plan = journey_rounds.subject(run)
        told = report(plan, {journey.id for journey in journeys_of(plan) if self.bad(0.8)})
        via: Via = "sandbox" if one.dispatched is None else "actions"
        verdicts = self.verdicts(run)
        return [e.JourneysTested(at=now, round=one.number, head=one.head, via=via, report=told, verdicts=verdicts)]

    def by_actions(self, one: JourneyRound, now: datetime) -> list[RunEvent] | None:
        """The journeys on their way through Actions; None = they are walked to their end now."""
        if not self.actions:
            return None
        where: dict[str, Any] = {"at": now, "round": one.number, "head": one.head}
        soon = now + timedelta(seconds=4)
        if one.dispatched is None:
            if one.dispatches >= MOST_DISPATCHES:
                return [e.JourneysSkipped(at=now, round=one.number, reason="Actions brings nothing")]
            written = e.JourneysDispatched(**where, script="s", next_at=now)
            begun = e.JourneysDispatched(**where, script="s", run_id=self.number(), next_at=soon)
            return [written] if self.bad(0.3) else [written, begun]
        if one.dispatched.run_id is None:
            return [e.JourneysDispatched(**where, script="s", run_id=self.number(), next_at=soon)]
        if self.dice.random() < 0.3:
            return [e.JourneysPolled(**where, next_at=soon, waiting="it runs")]
        return [e.JourneysPolled(**where, next_at=soon, lost="the run was cancelled")] if self.bad(0.3) else None

    def verdicts(self, run: Run) -> dict[str, Verdict]:
        """What the judge says of each task of a run that only certifies."""
        plan = journey_rounds.subject(run)
        if run.kind != "certify" or plan is None:
            return {}
        return {key: Verdict(items=()) for key in plan.keys if not self.bad(0.1)}

    def triage(self, run: Run, effect: Any, now: datetime) -> list[RunEvent]:
        one = journey_rounds.current(run)
        if one is None or one.number != effect.number:
            return []
        return [e.JourneysTriaged(at=now, round=one.number, findings=findings(self.dice, one.report.failing))]

    def post_journeys(self, run: Run, effect: Any, now: datetime) -> list[RunEvent]:
        one = journey_rounds.current(run)
        if one is None or one.number != effect.number:
            return []
        comment = one.comment_id or self.number()
        return [e.JourneysPosted(at=now, round=one.number, revision=one.revision, comment_id=comment)]

    def apply_journeys(self, run: Run, effect: Any, now: datetime) -> list[RunEvent]:
        one = journey_rounds.current(run)
        if one is None or one.number != effect.number:
            return []
        return [e.JourneysApplied(at=now, round=one.number, revision=one.revision)]

    def post_review(self, run: Run, effect: Any, now: datetime) -> list[RunEvent]:
        return [e.ReviewPosted(at=now, review=effect.number, comment_id=self.number())]

    def answer_review(self, run: Run, effect: Any, now: datetime) -> list[RunEvent]:
        return [e.ReviewAnswered(at=now, review=effect.number)]
