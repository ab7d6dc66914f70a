"""What people read about learnings: proposed in a decision, kept or dropped, and answers to commands about them."""

from __future__ import annotations

import re

from otto_bot.core.decision import Learning
from otto_bot.core.learning_words import WHOLE, scope_of
from otto_bot.core.learnings import GateLearning, LearningStatus
from otto_bot.core.run import Gate
from otto_bot.text.boxes import box
from otto_bot.text.markdown import code, inline

LEARNING_KEYS = (
    "nothing_learnt", "learning_kept", "learning_kept_already", "learning_dropped", "learning_dropped_already",
    "learning_unsafe",
)  # fmt: skip
"""Replies about learnings."""
_HELPED = re.compile(r"helped: run (\d+) (t\d+) a\d+")


def worth_keeping(learning: Learning, stands: GateLearning | None) -> str:
    """One proposed learning: its text as someone's words, and what happens to it. `stands` None = not stored yet."""
    scope = scope_of(learning.scope) or learning.scope
    where = "whole repository" if scope == WHOLE else inline(scope, 100)
    name = f" L{stands.number}" if stands is not None and stands.number else ""
    return f"Worth keeping ({where}){name}: {inline(learning.text, 300)}"


def what_happens(stands: GateLearning | None) -> str:
    """The lines below it: when later runs will be told, and a box for a person's yes; empty once it is decided."""
    if stands is None:
        return ""
    if not stands.number:
        return f"Not stored: {inline(stands.by, 200)}."
    if stands.status is not LearningStatus.PROPOSED:
        return ""
    keep = box(f"/otto keep L{stands.number}", "tell it to later runs")
    if stands.verbatim:
        return f"Its words stand in the evidence itself, so it is kept for later runs only when you say so.\n\n{keep}"
    return f"Kept for later runs once it has helped, or when you say so.\n\n{keep}"


def kept_and_dropped(gate: Gate, run: int) -> list[str]:
    """What became of the learnings of a decision, one line each, once it is known."""
    lines = []
    for stands in gate.learnings:
        name = f"L{stands.number}"
        if stands.status is LearningStatus.ACCEPTED:
            lines.append(f"{name} is kept: {_through(stands.by, run)}")
        elif stands.status is LearningStatus.FORGOTTEN:
            lines.append(f"{name} is dropped: {_through(stands.by, run)}; nobody is told")
    return lines


def _through(by: str, run: int) -> str:
    match = _HELPED.fullmatch(by)
    if match is None:
        return f"{code(by.removeprefix('@'), 60)} said so"
    where = "" if int(match.group(1)) == run else f" in run {match.group(1)}"
    return f"it helped {match.group(2)}{where}"


def learning_answer(key: str, detail: str) -> str:
    """The answer to `/otto keep` and `/otto forget`; `detail` is the name, then its text or a reason.

    A key without words is a mistake of ours: KeyError.
    """
    name, _, rest = detail.partition(" ")
    name, words = inline(name, 20), inline(rest, 300)
    return {
        "nothing_learnt": (
            f"There is no learning {name or 'of that name'} in this repository, so nothing was changed. "
            "The numbers stand in the pilot's comments."
        ),
        "learning_kept": f"{name} is kept; later runs are told: {words}",
        "learning_kept_already": f"{name} was kept already; later runs are told: {words}",
        "learning_dropped": f"{name} is dropped; nobody is told any more: {words}",
        "learning_dropped_already": f"{name} was dropped already; nobody is told: {words}",
        "learning_unsafe": f"Not kept: {name} {words}. Such a learning is never told to anyone, whoever asks for it.",
    }[key]
