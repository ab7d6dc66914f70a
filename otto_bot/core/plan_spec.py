"""The product spec of a plan: features that were asked for and are all brought, and journeys of users through them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from otto_bot.core.plan import Journey, Plan, ProductSpec
from otto_bot.core.plan_criteria import empty_words
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_words import shown, stands_in

LEAST_JOURNEYS, MOST_JOURNEYS = 3, 5

_DEVELOPER = re.compile(
    r"^(?:run|execute|start|launch)s?\s+(?:the\s+|all\s+)?(?:(?:unit|integration|whole|full)\s+)?"
    r"(?:tests?\b|test suite|pytest|ci\b|linter|migrations?\b)|\b(?:inspects?|reads?|looks? at|reviews?|checks?) the "
    r"(?:source(?: code)?|diff|implementation|database|code base)\b",
    re.IGNORECASE,
)


def coverage(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """Every feature is brought by a task and walked by a journey; nobody names one that does not exist."""
    if len(plan.tasks) < 2 or plan.spec is None:
        return
    spec = plan.spec
    known = [feature.id for feature in spec.features]
    yield from _found("spec", (f"{name} is used for two features" for name in _twice(known)))
    brought = {name for task in plan.tasks for name in task.features}
    walked = {name for journey in spec.journeys for name in journey.features}
    for feature in spec.features:
        if feature.id not in brought:
            yield from _found(feature.id, [f"no task brings {shown(feature.name)}; name {feature.id} in a task"])
        if feature.id not in walked:
            yield from _found(feature.id, [f"no journey goes through {shown(feature.name)}; add it to one"])
    named = [(task.key, task.features) for task in plan.tasks] + [(j.id, j.features) for j in spec.journeys]
    for where, features in named:
        yield from _found(where, (f"names the unknown feature {name}" for name in features if name not in known))
    for journey in spec.journeys:
        if not journey.features:
            yield from _found(journey.id, ["names no feature; name those that it goes through"])


def _found(where: str, reasons: Iterable[str], rule: PlanRule = PlanRule.COVERAGE) -> Iterator[PlanProblem]:
    for reason in reasons:
        yield PlanProblem(rule=rule, where=where, reason=reason)


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def unasked(plan: Plan, intent: Intent) -> Iterator[PlanProblem]:
    """Each feature's quote stands in the issue: nobody gets what nobody asked for."""
    if len(plan.tasks) < 2 or plan.spec is None:
        return
    for feature in plan.spec.features:
        if not stands_in(feature.asked, intent.texts):
            reason = (
                f"{shown(feature.name)}: {shown(feature.asked)} does not stand in the issue; copy its words exactly, "
                "or drop the feature"
            )
            yield PlanProblem(rule=PlanRule.UNASKED, where=feature.id, reason=reason)


def journeys(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """A plan of several tasks has a spec with features and three to five journeys; a plan of one task needs none."""
    if len(plan.tasks) < 2:
        return
    spec = plan.spec or ProductSpec()
    count = len(spec.journeys)
    if not spec.features:
        yield from _found("spec", ["a plan of several tasks needs a spec with its features"], PlanRule.JOURNEYS)
    if not LEAST_JOURNEYS <= count <= MOST_JOURNEYS:
        reason = f"{count} user journeys; a plan of several tasks has {LEAST_JOURNEYS} to {MOST_JOURNEYS}"
        yield from _found("spec", [reason], PlanRule.JOURNEYS)
    twice = _twice([journey.id for journey in spec.journeys])
    yield from _found("spec", (f"{name} is used for two journeys" for name in twice), PlanRule.JOURNEYS)
    for journey in spec.journeys:
        yield from _found(journey.id, _steps(journey), PlanRule.JOURNEYS)


def _steps(journey: Journey) -> Iterator[str]:
    """What makes steps none that a user could walk."""
    for name, step in zip(journey.step_ids, journey.steps, strict=True):
        if _DEVELOPER.search(step.do.strip()):
            yield f"{name} is a developer's step ({shown(step.do)}); say what a user of the product does"
        if not step.see.strip() or not step.do.strip():
            yield f"{name} says nothing; say what the user does and then sees"
        elif (words := empty_words(step.see)) is not None:
            yield f"{name}: {shown(words)} is nothing that a user sees; name what is on the screen or printed"
