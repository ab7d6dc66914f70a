"""A bench scenario's plan as a planner could answer it: the exported issue asks for its tasks as separate changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otto_bot.bench.scenario import BenchScenario
from otto_bot.core.plan import Plan, ProductSpec
from otto_bot.core.plan_check import check
from otto_bot.core.plan_problem import Intent

Json = dict[str, Any]

_ASKED = "Please do these as separate changes:"
_NAMES = ("summary", "mode", "tasks", "relations", "assumptions", "non_goals", "stack")
_JOURNEYS = 3
MOST_TASKS = 20
"""A spec holds no more features."""


def issue(scenario: BenchScenario) -> Json:
    """Title and body of the exported issue; several tasks are asked for at its end, one line each."""
    said = scenario.bench.issue.model_dump()
    tasks = scenario.bench.plan.tasks
    if len(tasks) > 1:
        lines = "\n".join(f"{number}. {task.title}" for number, task in enumerate(tasks, 1))
        said["body"] = f"{said['body'].rstrip()}\n\n{_ASKED}\n\n{lines}\n"
    return said


def answer(scenario: BenchScenario) -> Json:
    """The planner's answer: the scenario's plan, with what a plan of several tasks needs beside it."""
    plan = scenario.bench.plan.model_dump(mode="json")
    said = {name: plan[name] for name in _NAMES if plan[name]}
    if len(plan["tasks"]) == 1:
        return said
    for number, task in enumerate(said["tasks"], 1):
        task["features"] = [f"f{number}"]
    titles = [task["title"] for task in said["tasks"]]
    said["domains"] = [
        {"kind": "asked", "name": f"{number}. {title}"[:80], "asked": _ASKED} for number, title in enumerate(titles, 1)
    ][:12]
    said["spec"] = _spec(titles)
    return said


def _spec(titles: Sequence[str]) -> Json:
    """One feature a task; journeys are never walked in an exported scenario, and go through all of them."""
    names = [f"f{number}" for number in range(1, len(titles) + 1)]
    step = {"do": "Use what the issue asks for", "see": "What the criteria of its tasks say"}
    return ProductSpec.model_validate(
        {
            "features": [
                {"id": name, "name": title, "asked": title} for name, title in zip(names, titles, strict=True)
            ],
            "journeys": [
                {"id": f"j{number}", "title": f"Journey {number}", "features": names, "steps": [step]}
                for number in range(1, _JOURNEYS + 1)
            ],
        }
    ).model_dump(mode="json")


def why_not(scenario: BenchScenario, max_tasks: int) -> tuple[str, ...]:
    """Why the bot would not take the plan as it is from a planner; empty = it would."""
    if len(scenario.bench.plan.tasks) > MOST_TASKS:
        return (f"more than {MOST_TASKS} tasks: no planner's answer holds as many features",)
    said = issue(scenario)
    found = check(Plan.model_validate(answer(scenario)), Intent(title=said["title"], body=said["body"]), max_tasks)
    return tuple(problem.line for problem in found)
