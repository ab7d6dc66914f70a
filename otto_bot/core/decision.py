"""The decision at a gate: its shape as the pilot writes it, its validated form, and the facts between them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from otto_bot.core.evidence import Cause, Citation, EvidenceItem, FailureClass, quote_holds
from otto_bot.core.plan import Batches, Plan
from otto_bot.core.values import Frozen, once


class Action(StrEnum):
    """What happens to one task next. `rerun` and `hold` are the rules' alone, `accept` is a person's alone."""

    RETRY = "retry"
    RETRY_DIFFERENT = "retry_different"
    RESTART_FRESH = "restart_fresh"
    SKIP = "skip"
    ASK = "ask"
    RERUN = "rerun"
    HOLD = "hold"
    ACCEPT = "accept"


REOPENING = frozenset({Action.RETRY, Action.RETRY_DIFFERENT, Action.RESTART_FRESH})
"""Moves after which a task is coded again."""
SAME_COMMIT = frozenset({Action.RERUN, Action.ACCEPT})
"""Moves after which a task goes on with the commit it has."""


class Decider(StrEnum):
    """Who decided."""

    PILOT = "pilot"
    REPLAN = "replan"
    RULES = "rules"
    HUMAN = "human"


class _Lenient(Frozen):
    """What a model writes: a field that is null is as if it were not there. A needed one is then missing."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


class Analysis(_Lenient):
    """Why one task failed, as the pilot reads it."""

    task: str
    class_: Annotated[FailureClass, Field(alias="class")]
    summary: Annotated[str, Field(min_length=1, max_length=300)]
    citations: tuple[Citation, ...] = ()
    confidence: Literal["low", "medium", "high"] = "low"
    hypothesis: bool = False

    model_config = {**Frozen.model_config, "populate_by_name": True}


class CrossFinding(_Lenient):
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


class Routed(_Lenient):
    """A fact that another task needs."""

    target_task: str
    context: Annotated[str, Field(min_length=1, max_length=1000)]
    citations: tuple[Citation, ...] = ()


class Learning(_Lenient):
    """A fact worth keeping, proposed with its source."""

    text: Annotated[str, Field(min_length=1, max_length=300)]
    scope: Annotated[str, Field(max_length=200)] = "repository"
    citations: tuple[Citation, ...] = ()


class SkipProposal(_Lenient):
    """A task that the pilot would leave out, with the reason people will read."""

    task: str
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class SkipTask(Frozen):
    """A pending task that is left out. Who said so decides whether a person must still say yes."""

    task: str
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    decided_by: Decider | None = None


KNOWN_ACTIONS = ("retry", "retry_different", "restart_fresh", "skip", "ask")


class Strategy(_Lenient):
    """The pilot's word for one failed task.

    An action it made up is `ask`, never `retry`. It comes without a question then, so it gets one: a made-up action is
    decided by a person at once and is not rejected into a loop.
    """

    task: str
    action: Literal["retry", "retry_different", "restart_fresh", "skip", "ask"]
    guidance: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=300)] = ""
    question: Annotated[str | None, Field(max_length=500)] = None

    @model_validator(mode="before")
    @classmethod
    def _unknown_is_ask(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("action") in KNOWN_ACTIONS:
            return value
        asked = {**value, "action": "ask"}
        if str(value.get("question") or "").count("?") != 1:
            made_up = "".join(c for c in str(value.get("action") or "nothing")[:40] if c.isalnum() or c in "_- ")
            asked["question"] = f"The pilot named a move that does not exist ({made_up}). What should happen instead?"
        return asked


MOST = 200
"""Entries of one list in the pilot's answer: more than any plan needs; a longer list is rejected."""


class PilotDecision(Frozen):
    """What the pilot answers. Null lists are empty lists; over-long fields and lists are rejected, never cut."""

    failure_analysis: Annotated[tuple[Analysis, ...], Field(max_length=MOST)] = ()
    cross_task: Annotated[tuple[CrossFinding, ...], Field(max_length=MOST)] = ()
    retry_strategies: Annotated[tuple[Strategy, ...], Field(max_length=2 * MOST)] = ()
    routed_context: Annotated[tuple[Routed, ...], Field(max_length=MOST)] = ()
    skip_tasks: Annotated[tuple[SkipProposal, ...], Field(max_length=MOST)] = ()
    new_learnings: Annotated[tuple[Learning, ...], Field(max_length=20)] = ()
    batches: Annotated[Batches, Field(max_length=5 * MOST)] = ()

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
        return _by_task(self).get(task)

    @property
    def waits(self) -> bool:
        """Whether someone other than a person skips, asks or holds: then a person must say yes."""
        unsure = (Action.SKIP, Action.ASK, Action.HOLD)
        by_machine = [m for m in self.moves if (m.decided_by or self.decided_by) is not Decider.HUMAN]
        left_out = [s for s in self.skips if (s.decided_by or self.decided_by) is not Decider.HUMAN]
        return bool(left_out) or any(move.action in unsure for move in by_machine)


@once
def _by_task(decision: Decision) -> dict[str, Move]:
    """The first move of each task."""
    return {move.task: move for move in reversed(decision.moves)}


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
    causes: dict[str, Cause] = {}
    """Why each open failure failed; not named = not known."""

    @property
    def open_tasks(self) -> frozenset[str]:
        """Tasks that are not settled: pending, failed, or moved by the rules just now."""
        return self.pending | set(self.open_failures) | {move.task for move in self.fixed}

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
    failed = {s.task for s in raw.retry_strategies}
    return Decision(
        decided_by=decided_by,
        moves=tuple(moves),
        analysis=analysis,
        cross_task=raw.cross_task,
        routed=raw.routed_context,
        skips=tuple(SkipTask(task=s.task, reason=s.reason) for s in raw.skip_tasks if s.task not in failed),
        learnings=raw.new_learnings,
        batches=tuple(batch for batch in raw.batches if batch),
    )
