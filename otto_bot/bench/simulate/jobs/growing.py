"""What simulated models say of the outer loop: reports of journeys, findings, longer plans, reviews of people."""

from __future__ import annotations

import random
from typing import Any

from otto_bot.bench.simulate.makers import BOB
from otto_bot.core.additions import next_keys
from otto_bot.core.journeys import Finding, FindingKind, JourneyReport, JourneyResult, StepResult, journeys_of
from otto_bot.core.plan import Criterion, Journey, JourneyStep, Plan, TaskSpec
from otto_bot.core.plan_growth import MorePlan, grown
from otto_bot.core.records import CommandRecord
from otto_bot.core.reviews import Review, ReviewPoint
from otto_bot.core.run import Run


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


def review(dice: random.Random, number: int) -> Review:
    """Somebody asks for changes: in words, in the lines, or in so many lines that one task cannot hold them."""
    count = dice.choice([0, 1, 1, 2, 25])
    points = tuple(ReviewPoint(id=number * 100 + n, path="a.py", line=n + 1, text="rename it") for n in range(count))
    body = "please" if not points or dice.random() < 0.5 else ""
    given: dict[str, Any] = {"id": number, "by": BOB, "body": body, "points": points}
    return Review(**given)
