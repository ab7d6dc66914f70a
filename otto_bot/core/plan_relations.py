"""Order of a plan: keys, dependencies and relations that name what exists, and no pair that is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from otto_bot.core.plan import Plan, Relation, TaskSpec, cycle
from otto_bot.core.plan_problem import Intent, PlanProblem, PlanRule
from otto_bot.core.plan_words import shown


def task_keys(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """No key twice."""
    for key in sorted({k for k in plan.keys if plan.keys.count(k) > 1}):
        yield PlanProblem(rule=PlanRule.TASK_KEYS, where=key, reason=f"task key {key} is used twice")


def dependencies(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """Tasks depend on other tasks of the plan."""
    for task in plan.tasks:
        for need in task.depends_on:
            if need == task.key:
                reason = f"{task.key} depends on itself"
            elif need not in plan.keys:
                reason = f"{task.key} depends on unknown task {need}"
            else:
                continue
            yield PlanProblem(rule=PlanRule.DEPENDENCY, where=task.key, reason=reason)


def no_cycle(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """No task waits for itself by way of others."""
    needs = {key: value - {key} for key, value in plan.depends().items()}
    if found := cycle(needs):
        reason = f"dependencies form a cycle: {' → '.join(found)}; drop one of them"
        yield PlanProblem(rule=PlanRule.CYCLE, where=", ".join(found), reason=reason)


def relation_keys(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """Relations name two different tasks of the plan, and one pair has one relation."""
    kinds: dict[frozenset[str], Relation] = {}
    for relation in plan.relations:
        pair = frozenset({relation.a, relation.b})
        where = f"{relation.a}, {relation.b}"
        found = [f"names unknown task {key}" for key in sorted(pair) if key not in plan.keys]
        found += [f"{relation.a} is related to itself"] if len(pair) == 1 else []
        if kinds.setdefault(pair, relation.kind) is not relation.kind:
            found.append(f"the pair is both {kinds[pair].value} and {relation.kind.value}; keep one")
        if relation.kind is Relation.CONTRADICTORY and not relation.reason.strip():
            reason = "CONTRADICTORY without a reason; say what cannot hold together"
            yield PlanProblem(rule=PlanRule.RELATION, where=where, reason=reason)
        for reason in found:
            yield PlanProblem(rule=PlanRule.RELATION_KEYS, where=where, reason=reason)


def relation(plan: Plan, _intent: Intent) -> Iterator[PlanProblem]:
    """Two tasks of one file, or of which one names the other, are related."""
    related = {frozenset({r.a, r.b}) for r in plan.relations if r.kind is not Relation.INDEPENDENT}
    waits = _all_needs(plan)
    for one, other in combinations(plan.tasks, 2):
        if frozenset({one.key, other.key}) in related or other.key in waits[one.key] or one.key in waits[other.key]:
            continue
        if why := _touch(one, other):
            reason = f"{why}, but no relation and no depends_on says how they stand to one another"
            yield PlanProblem(rule=PlanRule.RELATION, where=f"{one.key}, {other.key}", reason=reason)


def _touch(one: TaskSpec, other: TaskSpec) -> str:
    both = sorted({_path(path) for path in one.files} & {_path(path) for path in other.files} - {""})
    if both:
        return f"both name the file {shown(both[0])}"
    for first, second in ((one, other), (other, one)):
        text = "\n".join([first.title, first.goal, *(criterion.text for criterion in first.criteria)])
        if re.search(rf"(?<![\w-]){re.escape(second.key)}(?![\w-])", text, re.IGNORECASE):
            return f"the text of {first.key} names {second.key}"
    return ""


def _path(path: str) -> str:
    return path.strip().strip("`").removeprefix("./").casefold()


def _all_needs(plan: Plan) -> dict[str, frozenset[str]]:
    """What each task waits for, at any distance."""
    direct = plan.depends()
    found: dict[str, frozenset[str]] = {}
    for key in direct:
        seen: set[str] = set()
        todo = list(direct[key])
        while todo:
            need = todo.pop()
            if need not in seen:
                seen.add(need)
                todo += direct.get(need, frozenset())
        found[key] = frozenset(seen)
    return found
