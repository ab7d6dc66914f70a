"""Every rule of a plan, held against what people asked for; pure, and the same offline and after each answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from otto_bot.core.plan import Plan
from otto_bot.core.plan_chores import test_only
from otto_bot.core.plan_criteria import criteria, testable
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_projects import projects
from otto_bot.core.plan_relations import dependencies, no_cycle, relation, relation_keys, task_keys
from otto_bot.core.plan_scope import scope
from otto_bot.core.plan_slices import cohesive, slices
from otto_bot.core.plan_spec import coverage, journeys, unasked
from otto_bot.core.plan_stack import stack

Rule = Callable[[Plan, Intent], Iterator[PlanProblem]]

STRUCTURE: tuple[Rule, ...] = (task_keys, dependencies, no_cycle, relation_keys)
RULES: tuple[Rule, ...] = (
    cohesive, slices, test_only, criteria, testable, coverage, unasked, journeys, relation, scope, stack,
    projects,
)  # fmt: skip


def check(plan: Plan, intent: Intent, max_tasks: int) -> tuple[PlanProblem, ...]:
    """What is wrong with a plan, structure first; empty = good. Nothing is said twice."""
    found: list[PlanProblem] = []
    if len(plan.tasks) > max_tasks:
        reason = f"{len(plan.tasks)} tasks; at most {max_tasks} are allowed"
        found.append(PlanProblem(rule=PlanRule.TOO_MANY, where="tasks", reason=reason))
    for rule in (*STRUCTURE, *RULES):
        found += rule(plan, intent)
    return tuple(dict.fromkeys(found))
