"""What spans tasks, the order from here on, until when one can object, and later what each move was worth."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.decision import REOPENING, Action, CrossFinding, Decider, Decision, Move, dependents
from otto_bot.core.evidence import quote_holds
from otto_bot.core.funds import QUESTION, reply_for
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.text.body import Part
from otto_bot.text.boxes import boxes
from otto_bot.text.decision_why import quote_line
from otto_bot.text.learnings import kept_and_dropped, what_happens, worth_keeping
from otto_bot.text.links import Links
from otto_bot.text.markdown import code, inline
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import count, minutes, name, several

BOXED = 8


def all_rerun(decision: Decision) -> bool:
    """Whether nothing is coded again: only jobs run again."""
    return bool(decision.moves) and all(move.action is Action.RERUN for move in decision.moves)


def across(decision: Decision, gate: Gate, links: Links) -> Part:
    """Findings that span tasks, and facts told to other tasks. A quote stands once; after that only its number."""
    items = {item.id: item for item in gate.evidence}
    shown = {(c.evidence, c.quote) for analysis in decision.analysis for c in analysis.citations}
    said = [(_finding(finding), finding.citations) for finding in decision.cross_task]
    said += [(f"Told {inline(r.target_task, 10)}: {inline(r.context, 1000)}", r.citations) for r in decision.routed]
    stands = {one.index: one for one in gate.learnings}
    after = dict.fromkeys(range(len(said)), "")
    for index, learn in enumerate(decision.learnings):
        after[len(said)] = what_happens(stands.get(index))
        said.append((worth_keeping(learn, stands.get(index)), learn.citations))
    if not said:
        return Part("", "")
    rows = []
    for place, (words, citations) in enumerate(said):
        good = [citation for citation in citations if quote_holds(citation, items)][:2]
        new = [citation for citation in good if (citation.evidence, citation.quote) not in shown]
        shown |= {(citation.evidence, citation.quote) for citation in new}
        known = ", ".join(citation.evidence for citation in good if citation not in new)
        quotes = "".join(f"\n{quote_line(citation, items[citation.evidence], links)}" for citation in new)
        rows.append(words + (f" ({known})" if known else "") + quotes + (f"\n\n{after[place]}" if after[place] else ""))
    short = f"#### Across tasks\n{count(len(rows), 'finding')}, left out here: too long for one comment."
    return Part("#### Across tasks\n" + "\n\n".join(rows), short)


def _finding(finding: CrossFinding) -> str:
    tasks = several(tuple(inline(key, 10) for key in finding.tasks[:20]))
    return f"{tasks}: {inline(finding.finding, 300)}"


def order_now(run: Run, gate: Gate, decision: Decision) -> str:
    """`#### Order now: batch 3 = t5 · batch 4 = t6 · t4 waits for you: …`."""
    reruns = tuple(move.task for move in decision.moves if move.action is Action.RERUN)
    later = ((reruns,) if reruns else ()) + decision.batches
    said = [f"batch {gate.batch + number} = {_keys(batch)}" for number, batch in enumerate(later[:50], 1)]
    asked = [_question(run, move) for move in decision.moves if move.action is Action.ASK]
    lines = [f"#### Order now: {' · '.join([*(said or ['nothing runs']), *asked[:3]])}", *asked[3:]]
    lines += [f"{m.task} is on hold: {inline(m.reason, 300)}" for m in decision.moves if m.action is Action.HOLD]
    return "\n\n".join([*lines, *_left_out(run, decision)])


def _keys(batch: tuple[str, ...]) -> str:
    return ", ".join(batch[:60]) + (f" and {len(batch) - 60} more" if len(batch) > 60 else "")


def _question(run: Run, move: Move) -> str:
    question = inline(move.question or "What should happen?", 500)
    if move.question == QUESTION:
        return f'{move.task} waits for you: "{question}" reply `{reply_for(run) or f"/otto skip {move.task}"}`'
    answer = "" if "/otto retry" in move.question else f" reply `/otto retry {move.task} -- your answer`"
    return f'{move.task} waits for you: "{question}"{answer}'


def _left_out(run: Run, decision: Decision) -> list[str]:
    """Skips, and what cannot run because of them or of an open question."""
    skipped = {move.task: move.reason for move in decision.moves if move.action is Action.SKIP}
    skipped |= {skip.task: skip.reason for skip in decision.skips}
    reasons = {key: inline(without_at(reason) or "no reason given", 300) for key, reason in skipped.items()}
    lines = [f"{name(run, key)} is left out: {reason}" for key, reason in reasons.items()]
    if run.plan is None:
        return lines
    runs = REOPENING | {Action.RERUN}
    stopped = {move.task for move in decision.moves if move.action not in runs} | set(skipped)
    blocked = dependents(run.plan, stopped) - stopped
    waiting = tuple(key for key in run.plan.keys if key in blocked)
    if waiting:
        need = several([key for key in run.plan.keys if key in stopped][:20])
        lines.append(f"Blocked meanwhile, because they need what {need} should bring: {_keys(waiting)}")
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
    why = _unsure(decision) if decision.waits else "this repository approves every retry plan"
    change = ", ".join(f"`{command}`" for command in _changes(gate))
    line = f"**Nothing is reopened until a person says so**, because {why}."
    say = f"Go: `/otto approve r{gate.revision}`; change it: {change}"
    return f"{line} {say}\n\n{_boxes(gate, decision)}"


def _unsure(decision: Decision) -> str:
    """What a machine does not do without a person's yes."""
    words = {Action.ASK: "asks about", Action.SKIP: "leaves out", Action.HOLD: "holds"}
    said = []
    for action, verb in words.items():
        keys = [move.task for move in decision.moves if move.action is action]
        keys += [skip.task for skip in decision.skips if action is Action.SKIP and skip.task not in keys]
        if keys:
            said.append(f"{verb} {several(keys[:20])}")
    return f"it {several(said)}"


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
    rows = [f"- {key}: {inline(words, 200)}" for key, words in gate.outcomes.items()]
    rows += [f"- {line}" for line in kept_and_dropped(gate, run.id)]
    if not rows:
        return ""
    return "\n".join(["#### What came of it", *rows[:200]])
