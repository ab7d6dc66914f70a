"""The plan of a run: tasks, what relates them, and the batches they run in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.projects import disjoint
from otto_bot.core.values import Frozen, once

TASK_KEY = r"^t[1-9][0-9]{0,2}$"
TaskKey = Annotated[str, Field(pattern=TASK_KEY)]
Batches = tuple[tuple[str, ...], ...]


class Relation(StrEnum):
    """How two tasks stand to one another."""

    INDEPENDENT = "INDEPENDENT"
    ADDITIVE = "ADDITIVE"
    DEPENDENT = "DEPENDENT"
    CONTRADICTORY = "CONTRADICTORY"
    UNCERTAIN = "UNCERTAIN"


APART = frozenset({Relation.ADDITIVE, Relation.CONTRADICTORY, Relation.UNCERTAIN})
"""Pairs with these relations never share a batch."""


class Domain(StrEnum):
    """What can fail by itself, and so makes a part of the work worth a task of its own."""

    SURFACE = "surface"
    ACCESS = "access"
    PAYMENT = "payment"
    INTEGRATION = "integration"
    ROLE = "role"
    BACKGROUND = "background"
    ASKED = "asked"
    """The issue itself asks for the parts to be done apart."""


class FailureDomain(Frozen):
    """One such part of the intent; `asked` are the issue's own words for it."""

    kind: Domain
    name: Annotated[str, Field(min_length=1, max_length=80)]
    asked: Annotated[str, Field(min_length=1, max_length=300)]


class Feature(Frozen):
    """Something a user gets; `asked` are the issue's own words that ask for it."""

    id: Annotated[str, Field(pattern=r"^f[1-9][0-9]?$")]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    asked: Annotated[str, Field(min_length=1, max_length=300)]


class JourneyStep(Frozen):
    """One thing a user does, and what they then see."""

    do: Annotated[str, Field(min_length=1, max_length=300)]
    see: Annotated[str, Field(min_length=1, max_length=300)]


class Journey(Frozen):
    """A way of a user through the whole product; its steps are named `j1.s1`, `j1.s2`, …"""

    id: Annotated[str, Field(pattern=r"^j[1-9]$")]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    features: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    steps: Annotated[tuple[JourneyStep, ...], Field(min_length=1, max_length=12)]

    @property
    def step_ids(self) -> tuple[str, ...]:
        """Names of the steps, in order."""
        return tuple(f"{self.id}.s{number}" for number in range(1, len(self.steps) + 1))


class ProductSpec(Frozen):
    """What is built, from the user's view. A plan of one task has none."""

    scope: Annotated[str, Field(max_length=1000)] = ""
    features: Annotated[tuple[Feature, ...], Field(max_length=20)] = ()
    journeys: Annotated[tuple[Journey, ...], Field(max_length=5)] = ()


class TradeOff(Frozen):
    """A real choice of the architecture: what was taken, what else could have been, and why not."""

    decision: Annotated[str, Field(min_length=1, max_length=300)]
    instead_of: Annotated[str, Field(min_length=1, max_length=300)]
    why: Annotated[str, Field(min_length=1, max_length=500)]


class Criterion(Frozen):
    """Something observable that must, or should, hold when the task is done."""

    id: Annotated[str, Field(pattern=r"^c[1-9][0-9]{0,2}$")]
    level: Literal["must", "should"] = "must"
    text: Annotated[str, Field(min_length=1, max_length=500)]


class TaskSpec(Frozen):
    """One vertical slice of the work."""

    key: TaskKey
    title: Annotated[str, Field(min_length=1, max_length=120)]
    goal: Annotated[str, Field(min_length=1, max_length=4000)]
    files: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=20)]
    depends_on: tuple[TaskKey, ...] = ()
    size: Literal["S", "M", "L"] = "M"
    features: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    """Ids of the product spec's features that this slice brings."""
    projects: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    """Its scope: paths of projects of the repository; empty = the whole repository."""


class RelationSpec(Frozen):
    """A relation between two tasks, with its reason."""

    a: TaskKey
    b: TaskKey
    kind: Relation
    reason: Annotated[str, Field(max_length=300)] = ""


class Plan(Frozen):
    """What will be done: tasks, relations, assumptions. Batches are computed, never taken on trust."""

    summary: Annotated[str, Field(min_length=1, max_length=1000)]
    mode: Literal["single", "decomposed"] = "single"
    tasks: Annotated[tuple[TaskSpec, ...], Field(min_length=1)]
    relations: tuple[RelationSpec, ...] = ()
    assumptions: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    non_goals: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    domains: Annotated[tuple[FailureDomain, ...], Field(max_length=12)] = ()
    """Why the work is split; a plan of one task needs none."""
    stack: Annotated[tuple[str, ...], Field(max_length=12)] = ()
    """Languages, frameworks and services that the issue or the repository states, kept as they are."""
    spec: ProductSpec | None = None
    architecture: Annotated[tuple[TradeOff, ...], Field(max_length=8)] = ()

    def task(self, key: str) -> TaskSpec:
        """The task with this key. Raises KeyError."""
        for task in self.tasks:
            if task.key == key:
                return task
        raise KeyError(key)

    @property
    @once
    def keys(self) -> tuple[str, ...]:
        """Task keys in plan order."""
        return tuple(task.key for task in self.tasks)

    @once
    def depends(self) -> Mapping[str, frozenset[str]]:
        """What each task waits for: its own list and every DEPENDENT relation (b waits for a)."""
        needs = {task.key: set(task.depends_on) for task in self.tasks}
        for relation in self.relations:
            if relation.kind is Relation.DEPENDENT and relation.b in needs:
                needs[relation.b].add(relation.a)
        return {key: frozenset(value) for key, value in needs.items()}

    @once
    def apart(self) -> frozenset[frozenset[str]]:
        """Pairs that must not share a batch.

        What only adds to the same place cannot meet where two tasks have different projects and share no path.
        """
        return frozenset(
            frozenset({r.a, r.b})
            for r in self.relations
            if r.kind in APART and not (r.kind is Relation.ADDITIVE and self._elsewhere(r.a, r.b))
        )

    def _elsewhere(self, a: str, b: str) -> bool:
        """Whether two tasks are about different projects and name no file that both touch."""
        one, other = (next((task for task in self.tasks if task.key == key), None) for key in (a, b))
        if one is None or other is None or not disjoint(one.projects, other.projects):
            return False
        return not set(one.files) & set(other.files)


def problems(plan: Plan, max_tasks: int) -> tuple[str, ...]:
    """What makes the plan unusable, in words for the planner; empty = good."""
    found: list[str] = []
    keys = plan.keys
    known = set(keys)
    if len(keys) > max_tasks:
        found.append(f"{len(keys)} tasks; at most {max_tasks} are allowed")
    found += [f"task key {key} is used twice" for key in sorted({k for k in keys if keys.count(k) > 1})]
    for task in plan.tasks:
        found += [f"{task.key} depends on unknown task {need}" for need in task.depends_on if need not in known]
        if not any(criterion.level == "must" for criterion in task.criteria):
            found.append(f"{task.key} has no [must] criterion")
        ids = [criterion.id for criterion in task.criteria]
        if len(set(ids)) != len(ids):
            found.append(f"{task.key} uses a criterion id twice")
    for relation in plan.relations:
        found += [f"relation names unknown task {key}" for key in (relation.a, relation.b) if key not in known]
        if relation.a == relation.b:
            found.append(f"{relation.a} is related to itself")
    if not found and cycle(plan.depends()):
        found.append("dependencies form a cycle: " + " → ".join(cycle(plan.depends())))
    return tuple(found)


def cycle(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Tasks that wait for one another, or empty."""
    left = {key: set(value) & set(needs) for key, value in needs.items()}
    while ready := [key for key, value in left.items() if not value]:
        for key in ready:
            del left[key]
        for value in left.values():
            value.difference_update(ready)
    return tuple(sorted(left))


def batches(plan: Plan, only: Iterable[str] | None = None) -> Batches:
    """The earliest order that keeps every rule: dependencies later, related pairs apart.

    `only` limits it to these tasks; what they depend on outside of them counts as done.
    Tasks of a cycle come last, one by one, so that no task is ever lost.
    """
    some = None if only is None else set(only)
    chosen = [key for key in plan.keys if some is None or key in some]
    depends, among = plan.depends(), set(chosen)
    needs = {key: depends[key] & among for key in chosen}
    apart = plan.apart()
    done: set[str] = set()
    result: list[tuple[str, ...]] = []
    while left := [key for key in chosen if key not in done]:
        batch: list[str] = []
        for key in left:
            alone = not apart or not any(frozenset({key, other}) in apart for other in batch)
            if needs[key] <= done and alone:
                batch.append(key)
        if not batch:
            batch = left[:1]
        result.append(tuple(batch))
        done.update(batch)
    return tuple(result)


def order_problems(plan: Plan, order: Batches, expected: Iterable[str], done: Iterable[str]) -> tuple[str, ...]:
    """Why `order` may not be run: coverage, dependencies, pairs apart. Empty = good."""
    want, finished = set(expected), set(done)
    flat = [key for batch in order for key in batch]
    found = [f"{key} is in no batch" for key in sorted(want - set(flat))]
    found += [f"{key} may not be in a batch" for key in sorted(set(flat) - want)]
    if len(flat) != len(set(flat)):
        found += [f"{key} is in two batches" for key in sorted({k for k in flat if flat.count(k) > 1})]
    needs, apart = plan.depends(), plan.apart()
    seen = set(finished)
    for batch in order:
        for key in batch:
            late = needs.get(key, frozenset()) - seen
            found += [f"{key} runs before {need}, which it depends on" for need in sorted(late & want)]
        pairs = [(a, b) for i, a in enumerate(batch) for b in batch[i + 1 :]] if apart else []
        found += [f"{a} and {b} may not share a batch" for a, b in pairs if frozenset({a, b}) in apart]
        seen.update(batch)
    return tuple(found)
