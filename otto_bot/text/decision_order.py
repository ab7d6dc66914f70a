"""What spans tasks, the order from here on, until when one can object, and later what each move was worth."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.decision import REOPENING, Action, CrossFinding, Decider, Decision, Move, Routed, dependents
from otto_bot.core.evidence import Citation, quote_holds
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.text.body import Part
from otto_bot.text.boxes import boxes
from otto_bot.text.decision_why import quote_line
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, inline
from otto_bot.text.words import count, minutes, name, several

BOXED = 8


def all_rerun(decision: Decision) -> bool:
    """Whether nothing is coded again: only jobs run again."""
    return bool(decision.moves) and all(move.action is Action.RERUN for move in decision.moves)


def across(decision: Decision, gate: Gate, links: Links) -> Part:
    """Findings that span tasks, and facts told to other tasks."""
    rows = [_finding(finding, gate, links) for finding in decision.cross_task]
    rows += [_told(routed, gate, links) for routed in decision.routed]
    rows += [f"Worth keeping ({inline(learn.scope, 100)}): {inline(learn.text, 300)}" for learn in decision.learnings]
    if not rows:
        return Part("", "")
    short = f"#### Across tasks\n{count(len(rows), 'finding')}, left out here: too long for one comment."
    return Part("#### Across tasks\n" + "\n\n".join(rows), short)


def _finding(finding: CrossFinding, gate: Gate, links: Links) -> str:
    tasks = several(tuple(inline(key, 10) for key in finding.tasks[:20]))
    return f"{tasks}: {inline(finding.finding, 300)}" + _quotes(finding.citations, gate, links)


def _told(routed: Routed, gate: Gate, links: Links) -> str:
    return f"Told {inline(routed.target_task, 10)}: {inline(routed.context, 1000)}" + _quotes(
        routed.citations, gate, links
    )


def _quotes(citations: tuple[Citation, ...], gate: Gate, links: Links) -> str:
    items = {item.id: item for item in gate.evidence}
    good = [citation for citation in citations if quote_holds(citation, items)][:2]
    return "".join(f"\n{quote_line(citation, items[citation.evidence], links)}" for citation in good)


def order_now(run: Run, gate: Gate, decision: Decision) -> str:
    """`#### Order now: batch 3 = t5 · batch 4 = t6 · t4 waits for you: …`."""
    reruns = tuple(move.task for move in decision.moves if move.action is Action.RERUN)
    later = ((reruns,) if reruns else ()) + decision.batches
    said = [f"batch {gate.batch + number} = {_keys(batch)}" for number, batch in enumerate(later[:50], 1)]
    lines = [f"#### Order now: {' · '.join(said) if said else 'nothing runs'}"]
    lines += [_question(move) for move in decision.moves if move.action is Action.ASK]
    lines += [
        f"{move.task} is on hold: {inline(move.reason, 300)}" for move in decision.moves if move.action is Action.HOLD
    ]
    lines += _left_out(run, decision)
    return "\n\n".join(lines)


def _keys(batch: tuple[str, ...]) -> str:
    return ", ".join(batch[:60]) + (f" and {len(batch) - 60} more" if len(batch) > 60 else "")


def _question(move: Move) -> str:
    question = inline(move.question or "What should happen?", 500)
    return f"**{move.task} waits for you:** {question} Reply `/otto retry {move.task} -- your answer`"


def _left_out(run: Run, decision: Decision) -> list[str]:
    """Skips, and what cannot run because of them or of an open question."""
    skipped = {move.task: move.reason for move in decision.moves if move.action is Action.SKIP}
    skipped |= {skip.task: skip.reason for skip in decision.skips}
    lines = [
        f"{name(run, key)} is left out: {inline(reason or 'no reason given', 300)}" for key, reason in skipped.items()
    ]
    if run.plan is None:
        return lines
    stopped = {move.task for move in decision.moves if move.action not in REOPENING and move.action is not Action.RERUN}
    blocked = dependents(run.plan, stopped | set(skipped)) - stopped - set(skipped)
    waiting = [key for key in run.plan.keys if key in blocked]
    if waiting:
        lines.append(
            f"Blocked until then, because they need {'one of these' if len(stopped | set(skipped)) > 1 else several(sorted(stopped | set(skipped)))}: {_keys(tuple(waiting))}"
        )
    return lines


def closing(run: Run, gate: Gate, decision: Decision, now: datetime) -> str:
    """Until when one can object, or who is waited for; what one can say."""
    if gate.state is GateState.APPLIED:
        by = f", approved by {code(gate.approved_by, 60)}" if gate.approved_by else ""
        return f"This plan is carried out{by}."
    if gate.state is GateState.APPROVED:
        return f"Approved by {code(gate.approved_by, 60)}; it is carried out now."
    if decision.decided_by is Decider.HUMAN and not decision.waits:
        return "It goes on now. `/otto pause` stops before the next step."
    if all_rerun(decision):
        return "The failed jobs run again now, on the same commit; no attempt is used up."
    if decision.waits or run.config.pilot.approval == "always":
        return _waits(run, gate, decision)
    return f"{_grace(run, gate, now)}\n\n{_boxes(gate, decision)}"


def _grace(run: Run, gate: Gate, now: datetime) -> str:
    go = f"now: `/otto approve r{gate.revision}`"
    change = "change it: " + ", ".join(f"`{command}`" for command in _changes(gate))
    grace = run.config.pilot.grace_minutes
    if (gate.deadline is not None and gate.deadline <= now) or grace == 0:
        return f"Reopening now. `/otto pause` stops before the next step; {change}"
    return f"Reopening in {minutes(grace)} unless you say `/otto pause`; {go}; {change}"


def _waits(run: Run, gate: Gate, decision: Decision) -> str:
    why = "it skips, holds or asks something" if decision.waits else "this repository approves every retry plan"
    change = ", ".join(f"`{command}`" for command in _changes(gate))
    line = f"**Nothing is reopened until a person says so**, because {why}. Go: `/otto approve r{gate.revision}`; change it: {change}"
    return f"{line}\n\n{_boxes(gate, decision)}"


def _changes(gate: Gate) -> list[str]:
    assert gate.decision is not None
    reopened = [move.task for move in gate.decision.moves if move.action in REOPENING] or list(gate.tasks)
    key = reopened[0] if reopened else "t1"
    return [f"/otto skip {key}", f"/otto retry {key} -- …"]


def _boxes(gate: Gate, decision: Decision) -> str:
    rows = [(f"/otto approve r{gate.revision}", "go on with this plan now")]
    skippable = [move.task for move in decision.moves if move.action is not Action.SKIP][:BOXED]
    rows += [(f"/otto skip {key}", "leave it out") for key in skippable]
    return boxes([*rows, ("/otto pause", "stop and wait")])


def outcomes(run: Run, gate: Gate) -> str:
    """What each move was worth, once it is known."""
    if not gate.outcomes:
        return ""
    rows = [f"- {key}: {inline(words, 200)}" for key, words in gate.outcomes.items()]
    return "\n".join(["#### What came of it", *rows[:200]])
