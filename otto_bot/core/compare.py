"""What differs between two decisions of one gate: moves, classes, skips, routed facts, order, words."""

from __future__ import annotations

from typing import Literal

from otto_bot.core.decision import Decision
from otto_bot.core.gate_account import moves_of
from otto_bot.core.values import Frozen

Kind = Literal["decider", "move", "skip", "class", "routed", "batches", "rejections", "words"]

How = Literal["check", "rules", "replan", "model"]
"""Who decides once more: the stored replies under today's rules, or someone else on the stored request."""
Of = Literal["decision", "shadow"]
"""Which recorded decision: the one that counted, or the pilot's own in shadow mode."""


class Difference(Frozen):
    """One difference; empty = there is none on that side. `task` is empty where it is of the whole decision."""

    kind: Kind
    task: str = ""
    before: str = ""
    after: str = ""

    @property
    def counts(self) -> bool:
        """Whether it changes what happens; other words for the same do not."""
        return self.kind != "words"


def differences(before: Decision, after: Decision) -> tuple[Difference, ...]:
    """Every difference, what changes what happens first; empty = the same decision, word for word."""
    found = [*_moves(before, after), *_classes(before, after), *_routed(before, after)]
    if before.batches != after.batches:
        found.append(Difference(kind="batches", before=_order(before), after=_order(after)))
    if before.decided_by is not after.decided_by:
        found.append(Difference(kind="decider", before=before.decided_by.value, after=after.decided_by.value))
    return (*found, *_words(before, after))


def _moves(before: Decision, after: Decision) -> list[Difference]:
    old, new = moves_of(before), moves_of(after)
    left_out = {skip.task for decision in (before, after) for skip in decision.skips}
    return [
        Difference(
            kind="skip" if task in left_out else "move",
            task=task,
            before=old[task].value if task in old else "",
            after=new[task].value if task in new else "",
        )
        for task in {**old, **new}
        if old.get(task) is not new.get(task)
    ]


def _classes(before: Decision, after: Decision) -> list[Difference]:
    old = {a.task: _class(a.class_.value, a.hypothesis) for a in before.analysis}
    new = {a.task: _class(a.class_.value, a.hypothesis) for a in after.analysis}
    return _by_task("class", old, new)


def _class(value: str, hypothesis: bool) -> str:
    return f"{value} (hypothesis)" if hypothesis else value


def _routed(before: Decision, after: Decision) -> list[Difference]:
    """By who is told how many facts: the facts themselves are words."""
    return _by_task("routed", _counts(before), _counts(after))


def _counts(decision: Decision) -> dict[str, str]:
    told = [routed.target_task for routed in decision.routed]
    return {task: str(told.count(task)) for task in told}


def _words(before: Decision, after: Decision) -> list[Difference]:
    return _by_task("words", _said(before), _said(after))


def _said(decision: Decision) -> dict[str, str]:
    """All words of a decision, by the task they are of."""
    said: dict[str, list[str]] = {}
    for move in decision.moves:
        said.setdefault(move.task, []).extend(filter(None, (move.guidance, move.question, move.reason)))
    for routed in decision.routed:
        said.setdefault(routed.target_task, []).append(routed.context)
    for analysis in decision.analysis:
        said.setdefault(analysis.task, []).append(analysis.summary)
    for skip in decision.skips:
        said.setdefault(skip.task, []).append(skip.reason)
    whole = [finding.finding for finding in decision.cross_task] + [learnt.text for learnt in decision.learnings]
    return {task: " · ".join(words) for task, words in {**said, "": whole}.items() if words}


def _by_task(kind: Kind, old: dict[str, str], new: dict[str, str]) -> list[Difference]:
    return [
        Difference(kind=kind, task=task, before=old.get(task, ""), after=new.get(task, ""))
        for task in {**old, **new}
        if old.get(task) != new.get(task)
    ]


def _order(decision: Decision) -> str:
    return " · ".join(", ".join(batch) for batch in decision.batches) or "nothing runs"


class Cost(Frozen):
    """What deciding took: calls, US dollars, seconds of latency."""

    calls: int = 0
    usd: float = 0.0
    seconds: float = 0.0


class Replayed(Frozen):
    """One decision of a gate, held against what another decider, or today's rules, make of the same evidence.

    `of` is the decision that counted, or the pilot's own in shadow mode. `why` says why it cannot be replayed.
    `before` and its cost are the recorded ones. `notes` are facts beside the differences.
    """

    gate: int
    of: Of = "decision"
    how: How
    state: Literal["same", "differs", "cannot"]
    why: str = ""
    model: str = ""
    prompt_version: str = ""
    before: Decision | None = None
    before_cost: Cost = Cost()
    after: Decision | None = None
    after_cost: Cost = Cost()
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
