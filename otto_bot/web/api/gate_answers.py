"""Answers about gates, made of what is stored of one: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from otto_bot.core.decision import Decider, Decision, Move
from otto_bot.core.evidence import Citation, quote_holds
from otto_bot.core.run import Gate
from otto_bot.store.gate_records import GateRecord
from otto_bot.text.decision_outcome import outcome_words
from otto_bot.text.links import Links
from otto_bot.text.pages import GATE_STATES
from otto_bot.text.replay_lines import replay_lines
from otto_bot.text.spoken import exact, line, spoken
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import DECIDED_HOW, MOVES
from otto_bot.web.api.gate_models import (
    Approval,
    DecisionAnswer,
    EvidencePiece,
    Finding,
    GateAnswer,
    MoveAnswer,
    Outcome,
    Quote,
    Replay,
    ReplyAnswer,
    Told,
    Validation,
)
from otto_bot.web.api.task_answers import excerpt, failure_record
from otto_bot.web.views.gate import approval_words, changed_words
from otto_bot.web.views.gate_evidence import replies_of
from otto_bot.web.views.parts import gate_url

EVIDENCE, LONG = 200, 6_000
"""Pieces of an answer, and bytes of each."""
TEXT = 2_000


def gate_answer(record: GateRecord, links: Links, now: datetime) -> GateAnswer:
    """One gate with its decision."""
    run, gate, decision = record.run, record.gate, record.gate.decision
    shadow = gate.account.shadow
    left = len(gate.evidence) - EVIDENCE
    cut = "; ".join(words for words in (line(gate.cut, 500), f"{left} more pieces" if left > 0 else "") if words)
    return GateAnswer(
        run=run.id,
        number=gate.number,
        page=gate_url(run.id, gate.number),
        batch=gate.batch,
        tasks=gate.tasks,
        state=gate.state,
        words=GATE_STATES[gate.state],
        opened_at=gate.opened_at,
        decided_at=gate.account.decided_at,
        posted_at=gate.posted_at,
        applied_at=gate.account.applied_at,
        comment_url=links.ours(gate.comment_url),
        facts=tuple(failure_record(one.model_copy(update={"excerpts": ()}), links, most=40) for one in gate.failures),
        decision=_decision(gate, decision, (gate.model, gate.calls, gate.usd)) if decision is not None else None,
        shadow=_decision(gate, shadow.decision, ("", 0, shadow.usd), ended=False) if shadow is not None else None,
        approval=Approval(
            revision=gate.revision,
            words=approval_words(run, gate, decision, now),
            deadline=gate.deadline,
            approved_by=line(gate.approved_by, 60),
            approved_at=gate.approved_at,
        ),
        changed_by_people=changed_words(gate),
        evidence=tuple(
            EvidencePiece(id=one.id, task=one.task, attempt=one.attempt, excerpt=excerpt(one.excerpt, links, LONG))
            for one in gate.evidence[:EVIDENCE]
        ),
        evidence_left_out=cut,
        validation=Validation(rejections=tuple(line(one, 400) for one in gate.rejections), replies=_replies(record)),
        replay=tuple(Replay(command=command, words=words) for command, words in replay_lines(run.id, gate.number)),
    )


def _decision(gate: Gate, decision: Decision, spent: tuple[str, int, float], *, ended: bool = True) -> DecisionAnswer:
    """`ended` = what came of its moves is known: of a shadow's nothing is."""
    model, calls, usd = spent
    return DecisionAnswer(
        decided_by=decision.decided_by,
        how=DECIDED_HOW[decision.decided_by],
        why=line(without_at(decision.why), 700),
        model=line(model, 80),
        calls=calls,
        usd=round(usd, 6),
        moves=tuple(_move(gate, move, decision.decided_by, ended=ended) for move in decision.moves),
        analysis=_findings(gate, decision),
        routed=tuple(Told(task=one.target_task, words=_cut(one.context)) for one in decision.routed),
        skips=tuple(Told(task=one.task, words=_cut(one.reason)) for one in decision.skips),
        order=decision.batches,
        learnings=tuple(_cut(one.text) for one in decision.learnings),
    )


def _cut(words: str) -> str:
    return exact(words, TEXT)[0]


def _move(gate: Gate, move: Move, first: Decider, *, ended: bool) -> MoveAnswer:
    return MoveAnswer(
        task=move.task,
        action=move.action,
        words=MOVES[move.action],
        guidance=_cut(move.guidance),
        question=_cut(move.question),
        reason=line(without_at(move.reason)),
        decided_by=move.decided_by or first,
        outcome=_outcome(gate, move.task) if ended else None,
    )


def _outcome(gate: Gate, task: str) -> Outcome | None:
    said, end = gate.outcomes.get(task, ""), gate.account.ends.get(task)
    if not said and end is None:
        return None
    words = spoken(outcome_words(said)) if said else ""
    kind, attempt = (end.kind, end.attempt) if end is not None else (None, None)
    return Outcome(kind=kind, attempt=attempt, words=words)


def _findings(gate: Gate, decision: Decision) -> tuple[Finding, ...]:
    found = [
        Finding(
            tasks=(line(one.task, 12),), summary=_cut(one.summary), failure_class=one.class_,
            confidence=one.confidence, hypothesis=one.hypothesis, quotes=_quotes(gate, one.citations),
        )
        for one in decision.analysis
    ]  # fmt: skip
    found += [
        Finding(
            tasks=tuple(line(task, 12) for task in one.tasks), summary=_cut(one.finding), failure_class=None,
            confidence=None, hypothesis=False, quotes=_quotes(gate, one.citations),
        )
        for one in decision.cross_task
    ]  # fmt: skip
    return tuple(found)


def _quotes(gate: Gate, citations: Sequence[Citation]) -> tuple[Quote, ...]:
    items = {item.id: item for item in gate.evidence}
    return tuple(
        Quote(evidence=line(one.evidence, 8), quote=line(one.quote, 600), holds=quote_holds(one, items))
        for one in citations
    )


def _replies(record: GateRecord) -> tuple[ReplyAnswer, ...]:
    return tuple(
        ReplyAnswer(
            role=row.role, model=row.model, tries=row.tries, seconds=float(row.seconds), usd=float(row.usd),
            problems=row.problems, raw=row.raw, raw_cut=row.raw_cut,
        )
        for row in replies_of(record)
    )  # fmt: skip
