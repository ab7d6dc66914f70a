"""Good plans made bad in one way each, and the rule that must say so: every kind on every plan it can be done to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from otto_bot.bench.plans.changes import Json, broken_scope, broken_shape, broken_spec, broken_words, one_task_split
from otto_bot.bench.plans.intents import MAX_TASKS, Case
from otto_bot.core.plan import Plan
from otto_bot.core.plan_problem import PlanRule
from otto_bot.core.values import Frozen

Change = Callable[[Case, Json], Iterator[tuple[str, PlanRule, Json]]]

CHANGES: tuple[Change, ...] = (broken_words, one_task_split, broken_shape, broken_spec, broken_scope)


class Mutation(Frozen):
    """A plan that must be rejected, and by what."""

    intent: str
    name: str
    rule: PlanRule
    plan: Plan
    max_tasks: int = MAX_TASKS


def mutations(cases: Sequence[Case]) -> tuple[Mutation, ...]:
    """All of them, in a fixed order; no two of one intent have the same name."""
    found = []
    for case in cases:
        for change in CHANGES:
            for name, rule, plan in change(case, case.plan.model_dump(mode="json")):
                found.append(Mutation(intent=case.name, name=name, rule=rule, plan=Plan.model_validate(plan)))
    return tuple(found)
