"""The comment before work is reopened: what failed, why, what happens to each task, and until when one can object."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from otto_bot.core.decision import Decider, Decision
from otto_bot.core.evidence import Failure
from otto_bot.core.reviewing import only_reruns
from otto_bot.core.run import Gate, Run
from otto_bot.text.body import Part, assemble
from otto_bot.text.decision_closing import closing
from otto_bot.text.decision_order import across, order_now
from otto_bot.text.decision_outcome import outcomes, ran_before
from otto_bot.text.decision_shadow import shadow
from otto_bot.text.decision_who import decided_by, left_out, who_decided
from otto_bot.text.decision_why import plan_line, task_section
from otto_bot.text.links import Links
from otto_bot.text.markdown import cell, inline
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import CAUSES, CLASSES, MOVES, class_word, count, name, several

ROWS = 100
FEW = 15
"""So many rows can say more than a few words each."""
SECTIONS = 40
"""Failed tasks that are told at length; the table names more, their checks have it all."""


def decision_comment(run: Run, gate: Gate, links: Links, now: datetime, call: Sequence[str] = ()) -> str:
    """One comment a gate, edited for each revision and later for what came of it. `call` are words for whom it waits.

    A gate without a decision has nothing to say: ValueError.
    """
    decision = gate.decision
    if decision is None:
        raise ValueError(f"gate {gate.number} has no decision yet")
    sections = [Part(task_section(run, gate, key, links), _short(run, gate, key)) for key in gate.tasks[:SECTIONS]]
    parts: list[str | Part] = [
        f"### Otto · {_headline(run, gate, decision)}",
        *call,
        _table(run, gate, decision),
        *sections,
        _unshown(gate),
        across(decision, gate, links),
        shadow(gate, decision),
        ran_before(run, gate),
        order_now(run, gate, decision, links),
        who_decided(gate, decision),
        left_out(gate),
        closing(run, gate, decision, now),
        Part(outcomes(run, gate), "What came of each move is left out here: it stands in the status comment."),
    ]
    return assemble(parts, decided_by(run, gate, decision))


def _unshown(gate: Gate) -> str:
    left = len(gate.tasks) - SECTIONS
    if left <= 0:
        return ""
    return f"The evidence of {count(left, 'more failed task')} is left out here; it stands in their checks."


def _headline(run: Run, gate: Gate, decision: Decision) -> str:
    revision = f"retry plan r{gate.revision}"
    by_person = decision.decided_by is Decider.HUMAN and not gate.evidence and not gate.calls
    if by_person and not decision.analysis and decision.why.endswith("said so"):
        who = without_at(decision.why).removesuffix(" said so")
        return f"{inline(who, 60)} reopens {several(gate.tasks[:20])} · {revision}"
    of = f"{len(gate.tasks)} of {count(max(gate.size, len(gate.tasks)), 'task')}"
    what = f"failed jobs run again, r{gate.revision}" if only_reruns(decision) else revision
    return f"batch {gate.batch} failed: {of} · {what}"


def _table(run: Run, gate: Gate, decision: Decision) -> Part:
    rows = ["| task | what happened | class | next |", "| --- | --- | --- | --- |"]
    rows += [_row(run, gate, decision, key) for key in gate.tasks[:ROWS]]
    more = f"\n\n{len(gate.tasks) - ROWS} more failed tasks are not shown here." if len(gate.tasks) > ROWS else ""
    short = f"{len(gate.tasks)} tasks failed; the table would be too long for one comment."
    return Part("\n".join(rows) + more, short, kept=True)


def _row(run: Run, gate: Gate, decision: Decision, key: str) -> str:
    analysis = next((a for a in decision.analysis if a.task == key), None)
    failure = failure_of(gate, key)
    few = len(gate.tasks) <= FEW
    if analysis is not None:
        happened, whose = cell(analysis.summary, 220 if few else 80), CLASSES[analysis.class_]
    elif failure is not None:
        detail = f": {cell(failure.detail, 160 if few else 40)}" if failure.detail else ""
        happened, whose = CAUSES[failure.cause] + detail, class_word(failure)
    else:
        happened, whose = "", "not known"
    move = decision.move(key)
    return f"| {cell_name(run, key)} | {happened} | {whose} | {MOVES[move.action] if move else ''} |"


def cell_name(run: Run, key: str) -> str:
    """A task's name for a table."""
    return name(run, key).replace("\\|", "|").replace("|", "\\|")


def failure_of(gate: Gate, key: str) -> Failure | None:
    """The failure a gate froze for a task."""
    return next((failure for failure in gate.failures if failure.task == key), None)


def _short(run: Run, gate: Gate, key: str) -> str:
    move = gate.decision.move(key) if gate.decision else None
    plan = plan_line(move, 200) if move is not None else ""
    why = "Its evidence is left out here: too long for one comment. It stands in the task's check."
    return f"#### {name(run, key)}\n{why}\n\n{plan}"
