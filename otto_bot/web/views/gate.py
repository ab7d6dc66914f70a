"""The page of one gate: facts, evidence, decision, how it was checked, who decided, and what came of each move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from otto_bot.core.decision import Action, Decision
from otto_bot.core.evidence import Citation, Failure, quote_holds
from otto_bot.core.run import Gate, Run
from otto_bot.store.gate_records import GateRecord
from otto_bot.text.decision_closing import closing
from otto_bot.text.decision_outcome import outcome_words
from otto_bot.text.links import Links
from otto_bot.text.pages import GATE_STATES, NO_MOVE
from otto_bot.text.spoken import capital, exact, line, spoken
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import CLASSES, DECIDED_HOW, DECIDERS, MOVES, count, several, title_of
from otto_bot.web.views.gate_evidence import Item, ReplyRow, evidence_of, replies_of
from otto_bot.web.views.parts import (
    FailureView,
    Link,
    Moment,
    failure_view,
    moment,
    run_url,
    share,
    task_url,
)

MANY = 40
"""Rows of each kind on one page."""
TESTS = 40
"""Failing tests on one page."""


class Fact(NamedTuple):
    """One failed task as the gate froze it."""

    task: Link
    title: str
    attempt: int
    record: FailureView


class MoveRow(NamedTuple):
    """What happens to one task next, and what came of it."""

    task: Link
    move: str
    words: str
    reason: str
    by: str
    outcome: str


class Quote(NamedTuple):
    """Words from the evidence; `holds` = they stand there."""

    number: str
    words: str
    holds: bool


class AnalysisRow(NamedTuple):
    """Why one task, or several, failed, as it was read."""

    task: str
    summary: str
    whose: str
    confidence: str
    hypothesis: bool
    quotes: tuple[Quote, ...]


class GatePage(NamedTuple):
    """Everything of a gate's page."""

    run: Link
    number: int
    title: str
    state: str
    who: str
    how: str
    why: str
    approval: tuple[str, ...]
    comment: Link
    times: tuple[tuple[str, Moment], ...]
    facts: tuple[Fact, ...]
    more_facts: int
    moves: tuple[MoveRow, ...]
    analysis: tuple[AnalysisRow, ...]
    across: tuple[AnalysisRow, ...]
    routed: tuple[tuple[Link, str], ...]
    skips: tuple[tuple[str, str], ...]
    order: str
    learnings: tuple[str, ...]
    evidence: tuple[Item, ...]
    left_out: str
    changed: tuple[str, ...]
    rejections: tuple[str, ...]
    replies: tuple[ReplyRow, ...]
    replay: str


def gate_page(record: GateRecord, links: Links, now: datetime) -> GatePage:
    """The page as it is shown."""
    run, gate, decision = record.run, record.gate, record.gate.decision
    most = max(1, TESTS // max(1, len(gate.failures)))
    evidence, left = evidence_of(gate, decision, links)
    return GatePage(
        run=Link(f"run {run.id}", run_url(run.id)),
        number=gate.number,
        title=_title(gate),
        state=capital(GATE_STATES[gate.state]),
        who=_who(gate, decision),
        how=DECIDED_HOW[decision.decided_by] if decision is not None else "",
        why=line(without_at(decision.why), 700) if decision is not None else "",
        approval=_approval(run, gate, decision, now),
        comment=Link(f"retry plan r{gate.revision}", links.ours(gate.comment_url)),
        times=_times(gate),
        facts=tuple(_fact(run, failure, links, most) for failure in gate.failures[:MANY]),
        more_facts=max(0, len(gate.failures) - MANY),
        moves=_moves(run, gate, decision),
        analysis=_analysis(gate, decision),
        across=_across(gate, decision),
        routed=_routed(run, decision),
        skips=tuple((one.task, line(one.reason)) for one in decision.skips) if decision is not None else (),
        order=_order(decision),
        learnings=tuple(line(one.text) for one in decision.learnings) if decision is not None else (),
        evidence=evidence,
        left_out="; ".join(words for words in (line(gate.cut, 500), left) if words),
        changed=_changed(gate),
        rejections=tuple(line(one, 400) for one in gate.rejections[:MANY]),
        replies=replies_of(record),
        replay=f"otto-bot replay {run.id} --gate {gate.number}",
    )


def _title(gate: Gate) -> str:
    whole = max(gate.size, len(gate.tasks))
    return f"Gate {gate.number}: batch {gate.batch}, {len(gate.tasks)} of {count(whole, 'task')}"


def _who(gate: Gate, decision: Decision | None) -> str:
    if decision is None:
        return ""
    said = [DECIDERS[decision.decided_by]]
    said += [line(gate.model, 80)] if gate.model else []
    said += [count(gate.calls, "call"), f"${gate.usd:.2f}"] if gate.calls else []
    return " · ".join(said)


def _approval(run: Run, gate: Gate, decision: Decision | None, now: datetime) -> tuple[str, ...]:
    """Until when one may object, or who said yes; what the comment has below it (check boxes) is left out."""
    if decision is None:
        return ()
    return tuple(spoken(words) for words in closing(run, gate, decision, now).partition("\n\n")[0].split("\n"))


def _times(gate: Gate) -> tuple[tuple[str, Moment], ...]:
    account = gate.account
    every = (
        ("opened", gate.opened_at), ("decided", account.decided_at), ("posted", gate.posted_at),
        ("approved", gate.approved_at), ("carried out", account.applied_at),
    )  # fmt: skip
    return tuple((words, at) for words, when in every if (at := moment(when)) is not None)


def _task(run: Run, key: str, attempt: int | None = None) -> Link:
    return Link(key, task_url(run.id, key, attempt) if key in run.tasks else "")


def _fact(run: Run, failure: Failure, links: Links, most: int) -> Fact:
    record = failure_view(failure.model_copy(update={"excerpts": ()}), links, most=most)
    link = _task(run, failure.task, failure.attempt)
    return Fact(link, line(title_of(run, failure.task), 120), failure.attempt, record)


def _moves(run: Run, gate: Gate, decision: Decision | None) -> tuple[MoveRow, ...]:
    rows = []
    room = share(len(decision.moves) if decision is not None else 0, 2_000, 20_000)
    for move in decision.moves[: 2 * MANY] if decision is not None else ():
        by = move.decided_by or (decision.decided_by if decision is not None else None)
        said = gate.outcomes.get(move.task, "")
        rows.append(
            MoveRow(
                task=_task(run, move.task),
                move=MOVES[move.action],
                words=exact(move.guidance or move.question, room)[0],
                reason=line(without_at(move.reason)),
                by=DECIDERS[by] if by is not None else "",
                outcome=spoken(outcome_words(said)) if said else "",
            )
        )
    return tuple(rows)


def _quotes(citations: Iterable[Citation], gate: Gate) -> tuple[Quote, ...]:
    items = {item.id: item for item in gate.evidence}
    return tuple(Quote(line(one.evidence, 8), line(one.quote, 600), quote_holds(one, items)) for one in citations)


def _analysis(gate: Gate, decision: Decision | None) -> tuple[AnalysisRow, ...]:
    return tuple(
        AnalysisRow(
            line(one.task, 12), line(one.summary), CLASSES[one.class_], one.confidence, one.hypothesis,
            _quotes(one.citations[:8], gate),
        )
        for one in (decision.analysis[:MANY] if decision is not None else ())
    )  # fmt: skip


def _across(gate: Gate, decision: Decision | None) -> tuple[AnalysisRow, ...]:
    return tuple(
        AnalysisRow(several(one.tasks[:20]), line(one.finding), "", "", False, _quotes(one.citations[:8], gate))
        for one in (decision.cross_task[:MANY] if decision is not None else ())
    )


def _routed(run: Run, decision: Decision | None) -> tuple[tuple[Link, str], ...]:
    found = decision.routed[:MANY] if decision is not None else ()
    return tuple((_task(run, one.target_task), line(one.context, 1_000)) for one in found)


def _order(decision: Decision | None) -> str:
    if decision is None or not decision.batches:
        return ""
    return ", then ".join(several(batch[:30]) for batch in decision.batches[:30])


def _changed(gate: Gate) -> tuple[str, ...]:
    """What people made of the decision."""
    said = []
    for revision in gate.account.revisions:
        moves = [f"{one.task}: {_move(one.before)} → {_move(one.after)}" for one in revision.changed[:20]]
        said.append(f"r{revision.number} by {line(revision.by, 60)}: {'; '.join(moves)}")
    return tuple(said)


def _move(action: Action | None) -> str:
    return MOVES[action] if action is not None else NO_MOVE
