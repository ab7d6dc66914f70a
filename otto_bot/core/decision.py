"""The decision at a gate: its shape as the pilot writes it, its validated form, and the rules between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field, field_validator

from otto_bot.core.evidence import Citation, EvidenceItem, FailureClass, quote_holds
from otto_bot.core.plan import Batches, Plan, order_problems
from otto_bot.core.values import Frozen


class Action(StrEnum):
    """What happens to one task next. The last two are the rules' alone."""

    RETRY = "retry"
    RETRY_DIFFERENT = "retry_different"
    RESTART_FRESH = "restart_fresh"
    SKIP = "skip"
    ASK = "ask"
    RERUN = "rerun"
    HOLD = "hold"


REOPENING = frozenset({Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH})
"""Moves after which a task is coded again."""


class Decider(StrEnum):
    """Who decided."""

    PILOT = "pilot"
    REPLAN = "replan"
    RULES = "rules"
    HUMAN = "human"


class Analysis(Frozen):
    """Why one task failed, as the pilot reads it."""

    task: str
    class_: Annotated[FailureClass, Field(alias="class")]
    summary: Annotated[str, Field(min_length=1, max_length=300)]
    citations: tuple[Citation, ...] = ()
    confidence: Literal["low", "medium", "high"] = "low"
    hypothesis: bool = False

    model_config = {**Frozen.model_config, "populate_by_name": True}


class CrossFinding(Frozen):
    """Something that spans tasks."""

    tasks: tuple[str, ...]
    finding: Annotated[str, Field(min_length=1, max_length=300)]
    citations: tuple[Citation, ...] = ()


class Move(Frozen):
    """What happens to one failed task next, and why."""

    task: str
    action: Action
    guidance: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=300)] = ""
    question: Annotated[str, Field(max_length=500)] = ""
    decided_by: Decider | None = None


class Routed(Frozen):
    """A fact that another task needs."""

    target_task: str
    context: Annotated[str, Field(min_length=1, max_length=1000)]
    citations: tuple[Citation, ...] = ()


class Learning(Frozen):
    """A fact worth keeping, proposed with its source."""

    text: Annotated[str, Field(min_length=1, max_length=300)]
    scope: Annotated[str, Field(max_length=200)] = "repository"
    citations: tuple[Citation, ...] = ()


class SkipTask(Frozen):
    """A pending task that is left out. Who said so decides whether a person must still say yes."""

    task: str
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    decided_by: Decider | None = None


class Strategy(Frozen):
    """The pilot's word for one failed task. An action it made up is `ask`, never `retry`."""

    task: str
    action: Literal["retry", "retry_different", "restart_fresh", "skip", "ask"]
    guidance: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=300)] = ""
    question: Annotated[str | None, Field(max_length=500)] = None

    @field_validator("action", mode="before")
    @classmethod
    def _unknown_is_ask(cls, value: object) -> object:
        known = ("retry", "retry_different", "restart_fresh", "skip", "ask")
        return value if value in known else "ask"


class PilotDecision(Frozen):
    """What the pilot answers. Null lists are empty lists."""

    failure_analysis: tuple[Analysis, ...] = ()
    cross_task: tuple[CrossFinding, ...] = ()
    retry_strategies: tuple[Strategy, ...] = ()
    routed_context: tuple[Routed, ...] = ()
    skip_tasks: tuple[SkipTask, ...] = ()
    new_learnings: tuple[Learning, ...] = ()
    batches: Batches = ()

    @field_validator("*", mode="before")
    @classmethod
    def _null_list(cls, value: object) -> object:
        return () if value is None else value


class ReplanOrder(Frozen):
    """What the plain replan answers: only an order."""

    batches: Batches = ()
    reason: Annotated[str, Field(max_length=300)] = ""


class Decision(Frozen):
    """A validated decision: safe to show, safe to apply."""

    decided_by: Decider
    why: str = ""
    moves: tuple[Move, ...]
    analysis: tuple[Analysis, ...] = ()
    cross_task: tuple[CrossFinding, ...] = ()
    routed: tuple[Routed, ...] = ()
    skips: tuple[SkipTask, ...] = ()
    learnings: tuple[Learning, ...] = ()
    batches: Batches = ()

    def move(self, task: str) -> Move | None:
        """The move for a task, if there is one."""
        return next((move for move in self.moves if move.task == task), None)

    @property
    def waits(self) -> bool:
        """Whether someone other than a person skips, asks or holds: then a person must say yes."""
        unsure = (Action.SKIP, Action.ASK, Action.HOLD)
        by_machine = [m for m in self.moves if (m.decided_by or self.decided_by) is not Decider.HUMAN]
        left_out = [s for s in self.skips if (s.decided_by or self.decided_by) is not Decider.HUMAN]
        return bool(left_out) or any(move.action in unsure for move in by_machine)


class Facts(Frozen):
    """What a decision is held against: everything the rules need, nothing else of the run."""

    plan: Plan
    open_failures: dict[str, frozenset[Action]]
    """Failed tasks that still need a move, each with the moves its cause, history and budget allow."""
    fixed: tuple[Move, ...] = ()
    """Moves the rules have already made; the pilot may not touch them."""
    pending: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    evidence: dict[str, EvidenceItem] = {}
    protected: tuple[str, ...] = ()

    @property
    def to_run(self) -> frozenset[str]:
        """Tasks that run whatever is decided: pending ones and fixed moves that code again."""
        return self.pending | {move.task for move in self.fixed if move.action in REOPENING}


class Rejection(Frozen):
    """Why a decision may not stand: the field and the reason, in words a model can mend."""

    field: str
    reason: str


def dependents(plan: Plan, roots: Iterable[str]) -> frozenset[str]:
    """Everything that depends on the roots, directly or not; the roots not included."""
    needs, found, front = plan.depends(), set[str](), set(roots)
    while front:
        front = {key for key, value in needs.items() if value & front} - found
        found |= front
    return frozenset(found - set(roots))


def validate(raw: PilotDecision, facts: Facts) -> tuple[Rejection, ...]:
    """Every reason why the pilot's answer may not stand; empty = it may. All or nothing."""
    return (
        *_strategies(raw, facts),
        *_skips(raw, facts),
        *_order(raw, facts),
        *_words(raw, facts),
        *_quotes(raw, facts),
    )


def _strategies(raw: PilotDecision, facts: Facts) -> list[Rejection]:
    found: list[Rejection] = []
    named = [strategy.task for strategy in raw.retry_strategies]
    for key in facts.open_failures:
        if named.count(key) != 1:
            count = "no" if key not in named else str(named.count(key))
            found.append(
                Rejection(field="retry_strategies", reason=f"{key} failed and has {count} strategies; give exactly one")
            )
    for strategy in raw.retry_strategies:
        where = f"retry_strategies[{strategy.task}]"
        allowed = facts.open_failures.get(strategy.task)
        if allowed is None:
            found.append(Rejection(field=where, reason=f"{strategy.task} has no open failure; it needs no strategy"))
        elif Action(strategy.action) not in allowed:
            names = ", ".join(sorted(allowed))
            found.append(
                Rejection(field=where, reason=f"{strategy.action} is not allowed for this failure; allowed: {names}")
            )
        if strategy.action == "retry_different" and not strategy.guidance.strip():
            found.append(Rejection(field=where, reason="retry_different needs guidance"))
        if strategy.action == "retry" and strategy.guidance.strip():
            found.append(
                Rejection(
                    field=where,
                    reason="retry repeats the task with its evidence only; guidance makes it retry_different",
                )
            )
        if strategy.action == "ask" and (strategy.question or "").count("?") != 1:
            found.append(Rejection(field=where, reason="ask needs exactly one question"))
    return found


def _skips(raw: PilotDecision, facts: Facts) -> list[Rejection]:
    allowed = facts.pending | set(facts.open_failures)
    cited = {a.task for a in raw.failure_analysis if any(quote_holds(c, facts.evidence) for c in a.citations)}
    found = [
        Rejection(
            field=f"skip_tasks[{skip.task}]", reason=f"{skip.task} is neither pending nor failed; it cannot be skipped"
        )
        for skip in raw.skip_tasks
        if skip.task not in allowed
    ]
    for task in skipped(raw) & set(facts.open_failures):
        if task not in cited:
            found.append(
                Rejection(
                    field=f"failure_analysis[{task}]",
                    reason=f"skipping {task} needs an analysis with a quote that stands in the evidence",
                )
            )
    by_strategy = {s.task: s.action for s in raw.retry_strategies}
    found += [
        Rejection(field=f"skip_tasks[{skip.task}]", reason=f"{skip.task} is both skipped and {by_strategy[skip.task]}")
        for skip in raw.skip_tasks
        if by_strategy.get(skip.task, "skip") != "skip"
    ]
    return found


def skipped(raw: PilotDecision) -> frozenset[str]:
    """Tasks the pilot leaves out by name, before the cascade."""
    return frozenset(s.task for s in raw.skip_tasks) | {s.task for s in raw.retry_strategies if s.action == "skip"}


def expected_tasks(raw: PilotDecision, facts: Facts) -> frozenset[str]:
    """The tasks that `batches` must hold: retried + remaining − skipped − asked, with the cascade."""
    out = set(skipped(raw)) | {s.task for s in raw.retry_strategies if s.action == "ask"}
    out |= {move.task for move in facts.fixed if move.action not in REOPENING}
    out |= dependents(facts.plan, out)
    retried = {s.task for s in raw.retry_strategies if s.action in REOPENING}
    return frozenset((facts.to_run | retried) - out)


def _order(raw: PilotDecision, facts: Facts) -> list[Rejection]:
    wrong = order_problems(facts.plan, raw.batches, expected_tasks(raw, facts), facts.done)
    return [Rejection(field="batches", reason=reason) for reason in wrong]


_SECRET = re.compile(
    r"gh[pousr]_[A-Za-z0-9._-]{20,}|sk-ant-[A-Za-z0-9_-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}"
)
_WEAKEN = re.compile(
    r"\b(?:delete|remove|drop|skip|disable|comment out|weaken|loosen|xfail|ignore)\b[^.\n]{0,40}"
    r"\b(?:tests?|assert\w*|checks?|lint\w*|workflows?|ci)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:do not|don't|never|must not|without|not to|instead of)\b", re.IGNORECASE)


def unsafe_words(text: str, protected: tuple[str, ...]) -> str | None:
    """Why text must not reach a coder: a secret, a protected path, or an order to weaken the checks."""
    if _SECRET.search(text):
        return "contains a secret"
    for match in _WEAKEN.finditer(text):
        before = text[max(0, match.start() - 30) : match.start()]
        if not _NEGATED.search(before):
            return f"asks to weaken tests or checks: {match.group(0)!r}"
    for word in re.findall(r"[\w.@~+/-]*[/.][\w.@~+/-]+|CODEOWNERS", text):
        path = word.rstrip(".,").removeprefix("./")
        if any(fnmatchcase(path, glob) for glob in protected):
            return f"names the protected path {path}"
    return None


def _words(raw: PilotDecision, facts: Facts) -> list[Rejection]:
    said = [(f"retry_strategies[{s.task}].guidance", s.guidance) for s in raw.retry_strategies]
    said += [(f"routed_context[{r.target_task}].context", r.context) for r in raw.routed_context]
    said += [("new_learnings", learning.text) for learning in raw.new_learnings]
    found = []
    for field, text in said:
        problem = unsafe_words(text, facts.protected)
        if problem:
            found.append(Rejection(field=field, reason=problem))
    open_tasks = facts.pending | set(facts.open_failures) | {move.task for move in facts.fixed}
    found += [
        Rejection(
            field=f"routed_context[{r.target_task}]",
            reason=f"{r.target_task} is settled or unknown; facts go to open tasks",
        )
        for r in raw.routed_context
        if r.target_task not in open_tasks
    ]
    found += [
        Rejection(field="new_learnings", reason="a learning needs a citation that stands in the evidence")
        for learning in raw.new_learnings
        if not any(quote_holds(c, facts.evidence) for c in learning.citations)
    ]
    return found


def _quotes(raw: PilotDecision, facts: Facts) -> list[Rejection]:
    cited: list[tuple[str, tuple[Citation, ...]]] = [
        (f"failure_analysis[{a.task}]", a.citations) for a in raw.failure_analysis
    ]
    cited += [("cross_task", finding.citations) for finding in raw.cross_task]
    cited += [(f"routed_context[{r.target_task}]", r.citations) for r in raw.routed_context]
    cited += [("new_learnings", learning.citations) for learning in raw.new_learnings]
    found = []
    for field, citations in cited:
        for citation in citations:
            if not quote_holds(citation, facts.evidence):
                found.append(
                    Rejection(
                        field=field, reason=f"the quote {citation.quote[:80]!r} does not stand in {citation.evidence}"
                    )
                )
    known = set(facts.plan.keys)
    found += [
        Rejection(field="failure_analysis", reason=f"{a.task} is no task of this plan")
        for a in raw.failure_analysis
        if a.task not in known
    ]
    return found


def settle(raw: PilotDecision, facts: Facts, decided_by: Decider = Decider.PILOT) -> Decision:
    """The validated answer as a decision; analysis without a citation becomes a hypothesis.

    Call only when `validate` found nothing.
    """
    moves = [*facts.fixed]
    moves += [
        Move(
            task=s.task,
            action=Action(s.action),
            guidance=s.guidance,
            reason=s.reason,
            question=s.question or "",
            decided_by=decided_by,
        )
        for s in raw.retry_strategies
    ]
    analysis = tuple(
        a.model_copy(update={"hypothesis": not any(quote_holds(c, facts.evidence) for c in a.citations)})
        for a in raw.failure_analysis
    )
    failed_skips = {s.task for s in raw.retry_strategies if s.action == "skip"}
    return Decision(
        decided_by=decided_by,
        moves=tuple(moves),
        analysis=analysis,
        cross_task=raw.cross_task,
        routed=raw.routed_context,
        skips=tuple(SkipTask(task=s.task, reason=s.reason) for s in raw.skip_tasks if s.task not in failed_skips),
        learnings=raw.new_learnings,
        batches=raw.batches,
    )
