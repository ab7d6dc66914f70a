"""Puts a pilot's or a replan's answer together for the gate it is asked at: right, or wrong as chance picks."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from otto_bot.playground.model_evidence import citations, lines_of
from otto_bot.playground.model_standing import REOPENING, standing
from otto_bot.playground.scenario_pilot import PilotAnswer, PilotReply

Json = dict[str, Any]
CLASSES = ("code", "environment", "infrastructure", "spec")
FALLBACK = {
    "retry": ("retry", "restart_fresh", "retry_different", "ask"),
    "retry_different": ("retry_different", "restart_fresh", "ask"),
    "restart_fresh": ("restart_fresh", "retry_different", "ask"),
    "skip": ("skip", "ask"),
    "ask": ("ask",),
}
"""What comes nearest to an action that is not allowed."""
NOISE = (
    "Rename the local variables so that they say more, and sort the imports.",
    "Add type annotations to every function of the module before anything else.",
    "Split the longest function into two and give both a docstring.",
)
MISTAKES = ("wrong_class", "irrelevant", "needless_ask", "skip", "invented", "order", "afresh")


@dataclass(frozen=True)
class Draw:
    """Whose chance it is: the script's name, and what an address says over the script's accuracy and seed."""

    name: str = ""
    accuracy: float | None = None
    seed: int | None = None


def composed_order(prompt: str) -> Json:
    """The replan's answer: everything that is to run, as early as the ties allow."""
    stands = standing(prompt)
    return {"batches": stands.order(stands.to_run), "reason": "As early as dependencies allow."}


def composed_pilot(reply: PilotReply, draw: Draw, gate: int | None, prompt: str) -> Json:
    """The pilot's answer: one part for each task that needs a strategy, and an order that fits them."""
    stands = standing(prompt)
    accuracy = reply.accuracy if draw.accuracy is None else draw.accuracy
    seed = reply.seed if draw.seed is None else draw.seed
    parts = []
    for task in sorted(stands.allowed, key=lambda key: int(key[1:])):
        chance = random.Random(f"{seed}/{draw.name}/{gate or 0}/{task}")  # noqa: S311 - the same seed, the same answer
        parts.append(_part(reply, task, stands.allowed[task], accuracy, chance, prompt))
    out = {part.task for part in parts if part.action not in REOPENING}
    out |= {task for task, action in stands.fixed.items() if action not in REOPENING}
    out |= stands.dependents(out)
    again = {part.task for part in parts if part.action in REOPENING}
    fixed = {task for task, action in stands.fixed.items() if action in REOPENING}
    order = stands.order((stands.pending | again | fixed) - out)
    if any(part.disorder for part in parts):
        order = _disorder(order)
    known = stands.pending | set(stands.allowed) | set(stands.fixed)
    return {
        "failure_analysis": [part.analysis for part in parts],
        "cross_task": [],
        "retry_strategies": [part.strategy for part in parts],
        "routed_context": [routed for part in parts for routed in part.routed if routed["target_task"] in known],
        "skip_tasks": [],
        "new_learnings": [],
        "batches": order,
    }


@dataclass(frozen=True)
class Part:
    """What is said of one task."""

    task: str
    action: str
    analysis: Json
    strategy: Json
    routed: Sequence[Json] = ()
    disorder: bool = False


def _part(
    reply: PilotReply, task: str, allowed: frozenset[str], accuracy: float, chance: random.Random, prompt: str
) -> Part:
    right = reply.right.get(task)
    if chance.random() < accuracy or (accuracy >= 1.0):
        return _said(task, right or _plain(task), allowed, citations((right or _plain(task)).quotes, prompt))
    scripted = reply.wrong.get(task, [])
    if scripted and chance.random() < 0.5:
        wrong = chance.choice(scripted)
        return _said(task, wrong, allowed, citations(wrong.quotes, prompt))
    return _mistake(task, right, allowed, chance, prompt)


def _plain(task: str) -> PilotAnswer:
    """A failure that the script knows nothing of: its own evidence goes with it."""
    return PilotAnswer.model_validate(
        {"class": "code", "summary": f"{task} failed; its own log is all there is.", "action": "retry"}
    )


def _mistake(task: str, right: PilotAnswer | None, allowed: frozenset[str], chance: random.Random, prompt: str) -> Part:
    """One of the ways to be wrong; the class is wrong in each."""
    kind = chance.choice(MISTAKES)
    others = [name for name in CLASSES if right is None or name != right.class_]
    quotable = lines_of(task, prompt)
    quotes = [chance.choice(quotable)] if quotable else []
    action, guidance = {
        "irrelevant": ("retry_different", chance.choice(NOISE)),
        "needless_ask": ("ask", ""),
        "skip": ("skip", ""),
        "afresh": ("restart_fresh", chance.choice(NOISE)),
    }.get(kind, ("retry", ""))
    if kind == "invented":
        quotes = [{"evidence": "E1", "quote": f"nobody ever wrote this about {task}"}]
    wrong = PilotAnswer.model_validate(
        {"class": chance.choice(others), "summary": f"{task} can only be a matter of chance.", "action": action,
         "guidance": guidance, "reason": "It looks like that.", "question": f"What is {task} for?"}
    )  # fmt: skip
    part = _said(task, wrong, allowed, quotes)
    return Part(part.task, part.action, part.analysis, part.strategy, (), disorder=kind == "order")


def _said(task: str, answer: PilotAnswer, allowed: frozenset[str], quotes: Sequence[Json]) -> Part:
    action = nearest(answer.action, allowed)
    strategy = {
        "task": task,
        "action": action,
        "guidance": answer.guidance if action in ("retry_different", "restart_fresh") else "",
        "reason": answer.reason,
        "question": (answer.question or f"What should {task} do next?") if action == "ask" else None,
    }
    if action == "retry_different" and not answer.guidance:
        strategy["guidance"] = answer.summary
    analysis = {
        "task": task,
        "class": answer.class_,
        "summary": answer.summary,
        "citations": list(quotes),
        "confidence": "high" if quotes else "low",
    }
    routed = [
        {"target_task": target, "context": text, "citations": list(quotes)[:1]}
        for target, text in answer.routed.items()
    ]
    return Part(task, action, analysis, strategy, routed)


def nearest(action: str, allowed: Iterable[str]) -> str:
    """The action itself where it is allowed, else what comes nearest."""
    names = set(allowed)
    return next((name for name in FALLBACK[action] if name in names), "ask")


def _disorder(order: list[list[str]]) -> list[list[str]]:
    """An order that cannot stand: reversed where there are several batches, else with a task twice."""
    if len(order) > 1:
        return order[::-1]
    return [*order, *([order[0][:1]] if order else [["t999"]])]
