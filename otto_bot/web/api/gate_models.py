"""The shape of gates in the API: facts, decision, evidence, how it was checked, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from otto_bot.core.decision import Action, Decider
from otto_bot.core.evidence import FailureClass
from otto_bot.core.gate_account import EndKind
from otto_bot.core.run import GateState
from otto_bot.web.api.base import Answer
from otto_bot.web.api.task_models import Excerpt, FailureRecord


class Outcome(Answer):
    """What came of a move."""

    kind: EndKind | None = Field(description="Null where only words are kept.")
    attempt: int | None
    words: str


class MoveAnswer(Answer):
    """What happens to one task next."""

    task: str
    action: Action
    words: str = Field(description="The action in words.")
    guidance: str
    question: str
    reason: str
    decided_by: Decider
    outcome: Outcome | None = Field(description="Null while nothing is known.")


class Quote(Answer):
    """Words from the evidence."""

    evidence: str = Field(description="Id of the piece that they stand in.", examples=["E1"])
    quote: str
    holds: bool = Field(description="Whether they stand there.")


class Finding(Answer):
    """Why one task, or several, failed, as it was read."""

    tasks: tuple[str, ...]
    summary: str
    failure_class: FailureClass | None
    confidence: Literal["low", "medium", "high"] | None
    hypothesis: bool = Field(description="No quote from the evidence supports it.")
    quotes: tuple[Quote, ...]


class Told(Answer):
    """A fact that another task is told, or a task that is left out with the reason."""

    task: str
    words: str


class DecisionAnswer(Answer):
    """A decision that was found good."""

    decided_by: Decider
    how: str = Field(description="How that decider decides, in words.")
    why: str
    model: str = Field(description="Empty where no model was called.")
    calls: int
    usd: float
    moves: tuple[MoveAnswer, ...]
    analysis: tuple[Finding, ...]
    routed: tuple[Told, ...]
    skips: tuple[Told, ...]
    order: tuple[tuple[str, ...], ...] = Field(description="Batches as they run now.")
    learnings: tuple[str, ...]


class EvidencePiece(Answer):
    """One numbered piece of evidence."""

    id: str
    task: str | None
    attempt: int | None
    excerpt: Excerpt


class ReplyAnswer(Answer):
    """One call of a model at the gate, and why its answer could not stand."""

    role: str
    model: str
    tries: int
    seconds: float
    usd: float
    problems: tuple[str, ...] = Field(description="Field by field; empty = it could stand.")
    raw: str = Field(description="The first three as they came; empty for others and where none is kept.")
    raw_cut: bool


class Validation(Answer):
    """How the decision was checked."""

    rejections: tuple[str, ...] = Field(description="Why the last answer that was rejected could not stand.")
    replies: tuple[ReplyAnswer, ...]


class Approval(Answer):
    """Who said yes, or until when anybody may object."""

    revision: int = Field(description="The revision that an approval means.")
    words: tuple[str, ...]
    deadline: datetime | None
    approved_by: str
    approved_at: datetime | None


class Replay(Answer):
    """A command line for the host that decides the gate once more."""

    command: str
    words: str


class GateAnswer(Answer):
    """One gate with its decision."""

    run: int
    number: int
    page: str
    batch: int
    tasks: tuple[str, ...] = Field(description="Tasks that were looked at.")
    state: GateState
    words: str = Field(description="The state in words.")
    opened_at: datetime
    decided_at: datetime | None
    posted_at: datetime | None
    applied_at: datetime | None
    comment_url: str
    facts: tuple[FailureRecord, ...] = Field(description="The failures as the gate froze them.")
    decision: DecisionAnswer | None
    shadow: DecisionAnswer | None = Field(description="What the pilot would have decided, in shadow mode.")
    approval: Approval
    changed_by_people: tuple[str, ...]
    evidence: tuple[EvidencePiece, ...]
    evidence_left_out: str = Field(description="What is not here for length; empty = nothing.")
    validation: Validation
    replay: tuple[Replay, ...]
