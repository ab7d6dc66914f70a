"""A plan that grows in mid-run: more tasks, features and journeys behind those that are there, under new numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from otto_bot.core.plan import Feature, Journey, Plan, ProductSpec, RelationSpec, TaskSpec, problems
from otto_bot.core.plan_projects import scope_problems
from otto_bot.core.plan_scope import outside_scope
from otto_bot.core.safe_words import unsafe_words
from otto_bot.core.values import Frozen

MOST_MORE = 4
"""Tasks that one round of failing journeys may add."""
MOST_JOURNEYS = 5


class MorePlan(Frozen):
    """What a plan is to get in addition; keys and ids are its author's own."""

    summary: Annotated[str, Field(max_length=1000)] = ""
    tasks: Annotated[tuple[TaskSpec, ...], Field(min_length=1)]
    relations: tuple[RelationSpec, ...] = ()
    assumptions: Annotated[tuple[str, ...], Field(max_length=10)] = ()
    features: Annotated[tuple[Feature, ...], Field(max_length=8)] = ()
    journeys: Annotated[tuple[Journey, ...], Field(max_length=4)] = ()


def grown(plan: Plan, more: MorePlan, keys: Sequence[str]) -> Plan:
    """The plan with more behind it: what is there stays exactly as it is. `keys` are free, one for each new task."""
    names = dict(zip((task.key for task in more.tasks), keys, strict=True))
    old = plan.spec or ProductSpec()
    ids = _features(old, more)
    known = {feature.id for feature in old.features} | set(ids.values())
    tasks = tuple(_task(task, names, ids, known) for task in more.tasks)
    relations = tuple(
        r.model_copy(update={"a": names.get(r.a, r.a), "b": names.get(r.b, r.b)})
        for r in more.relations
        if {r.a, r.b} & set(names)
    )
    features = tuple(f.model_copy(update={"id": ids[f.id]}) for f in more.features)
    journeys = _journeys(old, more, ids, known)
    spec = old.model_copy(
        update={"features": (*old.features, *features), "journeys": (*old.journeys, *journeys)[:MOST_JOURNEYS]}
    )
    return plan.model_copy(
        update={
            "mode": "decomposed",
            "tasks": (*plan.tasks, *tasks),
            "relations": (*plan.relations, *relations),
            "assumptions": (*plan.assumptions, *more.assumptions)[:20],
            "spec": spec,
        }
    )


def _features(old: ProductSpec, more: MorePlan) -> dict[str, str]:
    last = max((int(feature.id[1:]) for feature in old.features), default=0)
    return {feature.id: f"f{last + number}" for number, feature in enumerate(more.features, 1)}


def _task(task: TaskSpec, names: Mapping[str, str], ids: Mapping[str, str], known: set[str]) -> TaskSpec:
    features = tuple(dict.fromkeys(ids.get(name, name) for name in task.features))
    needs = tuple(dict.fromkeys(names.get(need, need) for need in task.depends_on))
    kept = tuple(name for name in features if name in known)
    return task.model_copy(update={"key": names[task.key], "depends_on": needs, "features": kept})


def _journeys(old: ProductSpec, more: MorePlan, ids: Mapping[str, str], known: set[str]) -> list[Journey]:
    last = max((int(journey.id[1:]) for journey in old.journeys), default=0)
    found = []
    for number, journey in enumerate(more.journeys, last + 1):
        features = tuple(name for one in journey.features if (name := ids.get(one, one)) in known)
        found.append(journey.model_copy(update={"id": f"j{number}", "features": features}))
    return found


def growth_problems(
    plan: Plan, more: MorePlan, keys: Sequence[str], protected: tuple[str, ...], projects: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Why a plan may not grow like this, in words for its author; empty = it may. `projects`: those that there are."""
    said = [task.key for task in more.tasks]
    if len(set(said)) != len(said):
        return (f"a task key is used twice: {', '.join(said)}",)
    if len(more.tasks) > MOST_MORE:
        return (f"{len(more.tasks)} tasks; at most {MOST_MORE} may be added",)
    found = []
    old = {task.title.casefold().strip() for task in plan.tasks}
    for task in more.tasks:
        if task.title.casefold().strip() in old:
            found.append(f"{task.key}: a task of that title is there already; name only what is missing")
        promised = " ".join([task.title, *(criterion.text for criterion in task.criteria)])
        if (goal := outside_scope(promised, plan.non_goals)) is not None:
            found.append(f"{task.key}: does what the plan leaves out: {goal[:120]}")
        if (why := unsafe_words(f"{task.title}. {task.goal}", protected)) is not None:
            found.append(f"{task.key}: the goal {why}")
        if projects:
            found += [f"{task.key}: {why}" for why in scope_problems(task.projects, task.files, projects)]
    whole = grown(plan, more, keys)
    found += problems(whole, max_tasks=len(whole.tasks))
    return tuple(found)
