"""Plans of few words, and what a rule says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from otto_bot.core.plan import Plan
from otto_bot.core.plan_problem import Intent, PlanProblem

Json = dict[str, Any]
Rule = Callable[[Plan, Intent], Iterator[PlanProblem]]
SEEN = {"id": "c1", "text": "`a` shows 3 rows"}


def task(key: str = "t1", title: str = "See the orders", **more: Any) -> Json:
    return {"key": key, "title": title, "goal": "g", "criteria": [SEEN], **more}


def plan(*tasks: Json, **more: Any) -> Plan:
    return Plan.model_validate({"summary": "s", "tasks": list(tasks) or [task()], **more})


def feature(number: int, asked: str = "a page", name: str = "Page") -> Json:
    return {"id": f"f{number}", "name": name, "asked": asked}


def journey(number: int, *features: str, do: str = "Open it", see: str = "Three rows") -> Json:
    return {"id": f"j{number}", "title": "Look", "features": list(features), "steps": [{"do": do, "see": see}]}


def said(rule: Rule, given: Plan, intent: Intent | None = None) -> str:
    return "\n".join(problem.line for problem in rule(given, intent or Intent(title="Orders", body="We want a page")))


T1, T2, T3 = task("t1"), task("t2"), task("t3")
SPEC = {"features": [feature(1), feature(2)], "journeys": [journey(n, "f1", "f2") for n in (1, 2, 3)]}
F1, F2 = task("t1", features=["f1"]), task("t2", features=["f2"])
