"""What a gate stands on: its evidence with the quoted lines marked, and the replies of models as they came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otto_bot.core.decision import Decision
from otto_bot.core.gate_account import GateReply
from otto_bot.core.run import Gate, Run
from otto_bot.store.gate_records import GateRecord, KeptCall
from otto_bot.text.links import Links
from otto_bot.text.pages import ROLES
from otto_bot.text.spoken import exact, line, weight
from otto_bot.text.words import count
from otto_bot.web.views.parts import LINE, Shown, excerpt_view

EVIDENCE, ITEM = 50_000, 6_000
"""Bytes of all the evidence, and of one piece, on one page."""
LEAST = 300
"""Less of a piece than this says nothing."""
RAW, RAWS = 6_000, 3
"""Bytes of a raw reply, and how many of them are shown."""
MANY, PROBLEMS = 60, 20
"""Replies on one page, and what was wrong with one of them."""
MARKED = 40
"""Quotes whose lines are marked in one piece."""


class Item(NamedTuple):
    """One piece of evidence."""

    number: str
    task: str
    shown: Shown
    more_quotes: int


class ReplyRow(NamedTuple):
    """One call of a model and what became of its reply."""

    role: str
    model: str
    tries: int
    seconds: str
    usd: str
    problems: tuple[str, ...]
    raw: str
    raw_cut: bool


def _cited(gate: Gate, decision: Decision | None) -> dict[str, list[str]]:
    """Quotes by the evidence that they stand in."""
    found: dict[str, list[str]] = {}
    if decision is None:
        return found
    citations = [one for source in decision.analysis for one in source.citations]
    citations += [one for source in decision.cross_task for one in source.citations]
    citations += [one for source in decision.routed for one in source.citations]
    citations += [one for source in decision.learnings for one in source.citations]
    for one in citations:
        found.setdefault(one.evidence, []).append(one.quote)
    return found


def quotes_in(run: Run, cited: str) -> tuple[str, ...]:
    """What a gate's decision quotes from a piece of its evidence, both named as in `1.E2`."""
    number, _, evidence = cited.partition(".")
    gate = next((one for one in run.gates if str(one.number) == number), None)
    return tuple(dict.fromkeys(_cited(gate, gate.decision).get(evidence, ())))[:MARKED] if gate is not None else ()


def evidence_of(gate: Gate, decision: Decision | None, links: Links) -> tuple[tuple[Item, ...], str]:
    """Cited pieces are shown first to last whatever else is left out; what is too long is cut, and said so."""
    quotes = _cited(gate, decision)
    room, shown, left = EVIDENCE, [], 0
    for item in sorted(gate.evidence, key=lambda one: one.id not in quotes):
        if room < LEAST:
            left += 1
            continue
        said = list(dict.fromkeys(quotes.get(item.id, ())))
        view = excerpt_view(item.excerpt, links, said[:MARKED], min(ITEM, room))
        if said and view.log:
            view = view._replace(log=f"{view.log}&cited={gate.number}.{item.id}")
        room -= sum(weight(one.text) + LINE for one in view.lines)
        task = f"{item.task} attempt {item.attempt}" if item.task and item.attempt else item.task or ""
        shown.append(Item(item.id, task, view, max(0, len(said) - MARKED)))
    shown.sort(key=lambda one: int(one.number[1:]))
    return tuple(shown), f"{count(left, 'more piece')} of evidence: the run's checks have them" if left else ""


def replies_of(record: GateRecord) -> tuple[ReplyRow, ...]:
    if record.made is not None and record.made.replies:
        found = [_reply(one, record.raw(one)) for one in record.made.replies[:MANY]]
    else:
        found = [_call(one) for one in record.calls[:MANY]]
    return tuple(row if number < RAWS else row._replace(raw="") for number, row in enumerate(found))


def more_replies(record: GateRecord) -> tuple[int, int]:
    """How many replies, and how many raw ones, `replies_of` leaves out."""
    every: Sequence[GateReply | KeptCall] = record.calls
    if record.made is not None and record.made.replies:
        every = record.made.replies
    return max(0, len(every) - MANY), sum(bool(one.reply) for one in every[RAWS:])


def _reply(one: GateReply, raw: bytes | None) -> ReplyRow:
    text, cut = exact(raw.decode("utf-8", "replace") if raw else "", RAW)
    problems = [*([line(one.error, 400)] if one.error else []), *(line(why, 400) for why in one.problems[:PROBLEMS])]
    left = len(one.problems) - PROBLEMS
    problems += [f"+ {left}"] if left > 0 else []
    role = ROLES.get(one.role, line(one.role, 20))
    return ReplyRow(
        role, line(one.model, 80), one.tries, f"{one.seconds:.1f}", f"{one.usage.usd:.4f}", tuple(problems), text, cut
    )


def _call(one: KeptCall) -> ReplyRow:
    text, cut = exact(one.raw.decode("utf-8", "replace") if one.raw else "", RAW)
    role = ROLES.get(one.role, line(one.role, 20))
    return ReplyRow(role, line(one.model, 80), 1, f"{one.seconds:.1f}", f"{one.usd:.4f}", (), text, cut)
