"""The page of one gate: facts, evidence, decision, how it was checked, who decided, and what came of each move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from otto_bot.core.decision import Action, Decision
from otto_bot.core.evidence import Citation, Failure, quote_holds
from otto_bot.core.run import Gate, Run
from otto_bot.core.validation import MOST_CITATIONS
from otto_bot.store.gate_records import GateRecord
from otto_bot.text.decision_closing import closing
from otto_bot.text.decision_outcome import outcome_words
from otto_bot.text.links import Links
from otto_bot.text.pages import FOUND_AFTER, FOUND_GOOD, GATE_STATES, NO_MOVE, NOT_DECIDED
from otto_bot.text.replay_lines import replay_lines
from otto_bot.text.spoken import capital, exact, line, spoken, weight
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import CLASSES, DECIDED_HOW, DECIDERS, MOVES, count, several, title_of
from otto_bot.web.views.gate_evidence import Item, ReplyRow, evidence_of, more_replies, replies_of
from otto_bot.web.views.gate_shadow import ShadowView, shadow_of
from otto_bot.web.views.parts import (
    FailureView,
    Link,
    Moment,
    failure_view,
    level,
    moment,
    run_url,
    short,
    task_url,
)

MANY = 40
"""Rows of each kind on one page."""
BATCHES, CHANGED = 30, 20
"""Batches of an order, and moves that one word of a person changed, on one page."""
TESTS = 40
"""Failing tests on one page."""
QUOTES, QUOTED = 100, 20_000
"""Quotes on one page, and bytes of all of them."""
WORDS = 26_000
"""Bytes of all else that a decision, or what was wrong with it, says on one page."""


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
    more_quotes: int


class More(NamedTuple):
    """How many of each kind are left out of the page."""

    facts: int
    moves: int
    analysis: int
    across: int
    routed: int
    skips: int
    rejections: int
    replies: int
    raws: int


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
    more: More
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
    validated: str
    rejections: tuple[str, ...]
    replies: tuple[ReplyRow, ...]
    shadow: ShadowView | None
    replay: tuple[tuple[str, str], ...]


def gate_page(record: GateRecord, links: Links, now: datetime) -> GatePage:
    """The page as it is shown."""
    run, gate, decision = record.run, record.gate, record.gate.decision
    most = max(1, TESTS // max(1, len(gate.failures)))
    evidence, left = evidence_of(gate, decision, links)
    quoting, room = _quoting(decision), _room(gate, decision)
    return GatePage(
        run=Link(f"run {run.id}", run_url(run.id)),
        number=gate.number,
        title=_title(gate),
        state=capital(GATE_STATES[gate.state]),
        who=_who(gate, decision),
        how=DECIDED_HOW[decision.decided_by] if decision is not None else "",
        why=line(without_at(decision.why), 700) if decision is not None else "",
        approval=approval_words(run, gate, decision, now),
        comment=Link(f"retry plan r{gate.revision}", links.ours(gate.comment_url)),
        times=_times(gate),
        facts=tuple(_fact(run, failure, links, most) for failure in gate.failures[:MANY]),
        more=_more(record),
        moves=_moves(run, gate, decision, room),
        analysis=_analysis(gate, decision, quoting, room),
        across=_across(gate, decision, quoting, room),
        routed=_routed(run, decision, room),
        skips=_skips(decision, room),
        order=_order(decision),
        learnings=tuple(short(line(one.text), room) for one in decision.learnings) if decision is not None else (),
        evidence=evidence,
        left_out="; ".join(words for words in (line(gate.cut, 500), left) if words),
        changed=changed_words(gate),
        validated=NOT_DECIDED if decision is None else FOUND_AFTER if gate.rejections else FOUND_GOOD,
        rejections=tuple(short(line(one, 400), room) for one in gate.rejections[:MANY]),
        replies=replies_of(record),
        shadow=shadow_of(gate),
        replay=replay_lines(run.id, gate.number),
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


def approval_words(run: Run, gate: Gate, decision: Decision | None, now: datetime) -> tuple[str, ...]:
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


def _room(gate: Gate, decision: Decision | None) -> int:
    """Bytes that each text of a decision may have: where all of them are too much for a page, the longest are cut."""
    texts = list(gate.rejections[:MANY])
    if decision is not None:
        for move in decision.moves[: 2 * MANY]:
            texts += [move.guidance or move.question, move.reason]
        texts += [one.summary for one in decision.analysis[:MANY]]
        texts += [one.finding for one in decision.cross_task[:MANY]]
        texts += [one.context for one in decision.routed[:MANY]]
        texts += [one.reason for one in decision.skips[:MANY]]
        texts += [one.text for one in decision.learnings]
    return level([weight(exact(words)[0]) for words in texts], WORDS)


def _moves(run: Run, gate: Gate, decision: Decision | None, room: int) -> tuple[MoveRow, ...]:
    rows = []
    for move in decision.moves[: 2 * MANY] if decision is not None else ():
        by = move.decided_by or (decision.decided_by if decision is not None else None)
        said = gate.outcomes.get(move.task, "")
        rows.append(
            MoveRow(
                task=_task(run, move.task),
                move=MOVES[move.action],
                words=short(move.guidance or move.question, room),
                reason=short(line(without_at(move.reason)), room),
                by=DECIDERS[by] if by is not None else "",
                outcome=spoken(outcome_words(said)) if said else "",
            )
        )
    return tuple(rows)


def _more(record: GateRecord) -> More:
    gate, decision = record.gate, record.gate.decision
    replies, raws = more_replies(record)
    return More(
        facts=_beyond(gate.failures),
        moves=_beyond(decision.moves, 2 * MANY) if decision is not None else 0,
        analysis=_beyond(decision.analysis) if decision is not None else 0,
        across=_beyond(decision.cross_task) if decision is not None else 0,
        routed=_beyond(decision.routed) if decision is not None else 0,
        skips=_beyond(decision.skips) if decision is not None else 0,
        rejections=_beyond(gate.rejections),
        replies=replies,
        raws=raws,
    )


def _beyond(rows: Sequence[object], most: int = MANY) -> int:
    return max(0, len(rows) - most)


def _quoting(decision: Decision | None) -> tuple[int, int]:
    """How many quotes each finding shows, so that there is room for all findings, and the bytes of each quote."""
    if decision is None:
        return 0, 0
    cited = [len(one.citations) for one in decision.analysis[:MANY]]
    cited += [len(one.citations) for one in decision.cross_task[:MANY]]
    each = MOST_CITATIONS
    while each > 1 and sum(min(each, number) for number in cited) > QUOTES:
        each -= 1
    return each, min(600, QUOTED // max(1, sum(min(each, number) for number in cited)))


def _quotes(citations: Sequence[Citation], gate: Gate, quoting: tuple[int, int]) -> tuple[tuple[Quote, ...], int]:
    """Quotes that are shown, and how many are not."""
    each, room = quoting
    items = {item.id: item for item in gate.evidence}
    shown = tuple(
        Quote(line(one.evidence, 8), short(line(one.quote, 600), room), quote_holds(one, items))
        for one in citations[:each]
    )
    return shown, max(0, len(citations) - each)


def _analysis(gate: Gate, decision: Decision | None, quoting: tuple[int, int], room: int) -> tuple[AnalysisRow, ...]:
    return tuple(
        AnalysisRow(
            line(one.task, 12), short(line(one.summary), room), CLASSES[one.class_], one.confidence, one.hypothesis,
            *_quotes(one.citations, gate, quoting),
        )
        for one in (decision.analysis[:MANY] if decision is not None else ())
    )  # fmt: skip


def _across(gate: Gate, decision: Decision | None, quoting: tuple[int, int], room: int) -> tuple[AnalysisRow, ...]:
    return tuple(
        AnalysisRow(
            several(one.tasks, 20), short(line(one.finding), room), "", "", False,
            *_quotes(one.citations, gate, quoting),
        )
        for one in (decision.cross_task[:MANY] if decision is not None else ())
    )  # fmt: skip


def _routed(run: Run, decision: Decision | None, room: int) -> tuple[tuple[Link, str], ...]:
    found = decision.routed[:MANY] if decision is not None else ()
    return tuple((_task(run, one.target_task), short(line(one.context, 1_000), room)) for one in found)


def _skips(decision: Decision | None, room: int) -> tuple[tuple[str, str], ...]:
    found = decision.skips[:MANY] if decision is not None else ()
    return tuple((one.task, short(line(one.reason), room)) for one in found)


def _order(decision: Decision | None) -> str:
    if decision is None or not decision.batches:
        return ""
    shown = [several(batch, 30) for batch in decision.batches[:BATCHES]]
    left = len(decision.batches) - BATCHES
    return ", then ".join([*shown, *([f"{left} more"] if left > 0 else [])])


def changed_words(gate: Gate) -> tuple[str, ...]:
    """What people made of the decision."""
    said = []
    for revision in gate.account.revisions:
        moves = [f"{one.task}: {_move(one.before)} → {_move(one.after)}" for one in revision.changed[:CHANGED]]
        left = len(revision.changed) - CHANGED
        moves += [f"and {count(left, 'more task')}"] if left > 0 else []
        said.append(f"r{revision.number} by {line(revision.by, 60)}: {'; '.join(moves)}")
    return tuple(said)


def _move(action: Action | None) -> str:
    return MOVES[action] if action is not None else NO_MOVE
