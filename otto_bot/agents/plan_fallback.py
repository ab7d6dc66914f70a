"""What is made of a planner's answer that breaks rules after its repair: its tasks in a row, or one task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from otto_bot.core.plan import Criterion, Plan, TaskSpec, problems
from otto_bot.core.plan_criteria import vague
from otto_bot.core.plan_problem import ORDER_RULES, SHAPE_RULES, PlanProblem, PlanRule

Fallback = Literal["none", "serial", "single"]

MOST_ASSUMPTIONS = 20
MOST_CRITERIA = 20
MOST_FILES = 50
GOAL_CHARS = 4000

_IN_A_ROW = "The order the planner gave could not be used: the tasks run one after another, in the order listed."
_JOINED = "The planner's split of the work could not be used: the whole issue is one task."
_ISSUE_ITSELF = "The planner gave no usable plan twice; the whole issue is one task."


def severity(found: Sequence[PlanProblem]) -> int:
    """0 nothing, 1 only the order, 2 something a person must look at, 3 the work is cut in the wrong places."""
    rules = {problem.rule for problem in found}
    if not rules:
        return 0
    if rules <= ORDER_RULES:
        return 1
    return 3 if rules & SHAPE_RULES else 2


def settled(plan: Plan, found: Sequence[PlanProblem], title: str, body: str) -> tuple[Plan, Fallback]:
    """The best usable plan that can be made of one with these problems, and what was done for it."""
    if severity(found) < 3:
        row = plan if len(plan.tasks) == 1 and not _order(found) else in_a_row(plan)
        if not problems(row, max_tasks=len(row.tasks)):
            return row, "none" if row is plan else "serial"
    return joined(plan, title, body), "single"


def _order(found: Sequence[PlanProblem]) -> frozenset[PlanRule]:
    return ORDER_RULES & {problem.rule for problem in found}


def in_a_row(plan: Plan) -> Plan:
    """The same tasks one after another; relations that name nothing real, or order the tasks, are left out."""
    tasks = tuple(
        task.model_copy(update={"depends_on": (plan.tasks[place - 1].key,) if place else ()})
        for place, task in enumerate(plan.tasks)
    )
    known = set(plan.keys)
    kept = tuple(r for r in plan.relations if {r.a, r.b} <= known and r.a != r.b and r.kind != "DEPENDENT")
    return plan.model_copy(update={"tasks": tasks, "relations": kept, "assumptions": _and_said(plan, _IN_A_ROW)})


def _and_said(plan: Plan, words: str) -> tuple[str, ...]:
    return (*plan.assumptions[: MOST_ASSUMPTIONS - 1], words)


def joined(plan: Plan, title: str, body: str) -> Plan:
    """One task with the criteria of all, where they fit; else the issue itself."""
    texts = [(c.level, c.text) for task in plan.tasks for c in task.criteria if vague(c.text) is None]
    unique = list(dict.fromkeys(texts))
    if not 0 < len(unique) <= MOST_CRITERIA:
        return single_task(title, body)
    if not any(level == "must" for level, _ in unique):
        unique[0] = ("must", unique[0][1])
    parts = "\n".join(f"- {task.title}: {task.goal}" for task in plan.tasks)
    files = dict.fromkeys(path for task in plan.tasks for path in task.files)
    sentence = title if title.rstrip().endswith((".", "!", "?")) else f"{title.rstrip()}."
    criteria = tuple(Criterion(id=f"c{n}", level=level, text=text) for n, (level, text) in enumerate(unique, 1))
    task = TaskSpec(
        key="t1",
        title=_heading(title),
        goal=f"{sentence}\n\nIts parts, all of them:\n{parts}\n\nThe issue says:\n{body}"[:GOAL_CHARS],
        files=tuple(files)[:MOST_FILES],
        criteria=criteria,
        size="L" if len(plan.tasks) > 1 else plan.tasks[0].size,
    )
    return Plan(
        summary=plan.summary,
        tasks=(task,),
        assumptions=_and_said(plan, _JOINED),
        non_goals=plan.non_goals,
        stack=plan.stack,
        architecture=plan.architecture,
    )


def single_task(title: str, body: str) -> Plan:
    """The issue itself as the only task."""
    heading = _heading(title)
    task = TaskSpec(
        key="t1",
        title=heading,
        goal=f"Do what the issue asks.\n\n{title}\n\n{body}".strip()[:GOAL_CHARS],
        criteria=(
            Criterion(id="c1", text=f"What the issue asks for is there: {heading}"[:500]),
            Criterion(id="c2", level="should", text="A test fails without the change and passes with it."),
        ),
    )
    return Plan(summary=heading, mode="single", tasks=(task,), assumptions=(_ISSUE_ITSELF,))


def _heading(title: str) -> str:
    return (" ".join(title.split()) or "Do what the issue asks")[:120]
