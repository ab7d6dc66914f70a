"""The end of the decision's comment: until when one can object, whom it waits for, what became of it."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.acceptance import acceptable
from otto_bot.core.decision import REOPENING, Action, Decider, Decision
from otto_bot.core.evidence import Cause
from otto_bot.core.reviewing import by_person, only_reruns
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.text.boxes import boxes
from otto_bot.text.markdown import code, inline
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import clock, minutes, several

BOXED = 8


def closing(run: Run, gate: Gate, decision: Decision, now: datetime) -> str:
    """Until when one can object, or who is waited for; what one can say."""
    if gate.state is GateState.APPLIED:
        when = f" ({clock(gate.account.applied_at)})" if gate.account.applied_at is not None else ""
        return f"This plan is carried out{when}{_by_whom(gate, decision)}."
    if run.ended:
        return "This plan was not carried out: the run ended before."
    if run.hold is not None:
        return _rests(run, gate, decision)
    if gate.state is GateState.APPROVED:
        return f"Approved by {code(gate.approved_by, 60)}; it is carried out now."
    if only_reruns(decision):
        return "The failed jobs run again now, on the same commit; no attempt is used up."
    if decision.waits:
        return _waits(gate, decision, _unsure(decision))
    if by_person(decision):
        return "It goes on now. `/otto pause` stops before the next step."
    if run.config.pilot.approval == "always":
        return _waits(gate, decision, "this repository approves every retry plan")
    return f"{_grace(run, gate, now)}\n\n{_boxes(gate, decision)}"


def _by_whom(gate: Gate, decision: Decision) -> str:
    """Why it was carried out, for whoever reads it much later."""
    if gate.approved_by:
        return f", approved by {code(gate.approved_by, 60)}"
    if by_person(decision) or only_reruns(decision):
        return ""
    return "; nobody objected in time"


def _rests(run: Run, gate: Gate, decision: Decision) -> str:
    """A pause, or a wait for something else, stands in the way."""
    assert run.hold is not None
    what = "Paused" if run.hold.kind == "paused" else "Stopped at a question"
    line = f"**{what}, nothing is reopened meanwhile**: {inline(without_at(run.hold.reason), 400)}."
    go = code(run.hold.reply, 100)
    approve = f"`/otto approve r{gate.revision}`"
    if decision.waits or (run.config.pilot.approval == "always" and not by_person(decision)):
        then = f"{go} goes on; this plan then still waits for {approve}."
    elif by_person(decision) or only_reruns(decision) or gate.state is GateState.APPROVED:
        then = f"{go} carries this plan out."
    else:
        anew = minutes(run.config.pilot.grace_minutes)
        then = f"{go} goes on, with {anew} anew to object; {approve} carries this plan out at once."
    return f"{line} {then}"


def _grace(run: Run, gate: Gate, now: datetime) -> str:
    go = f"now: `/otto approve r{gate.revision}`"
    change = "change it: " + ", ".join(f"`{command}`" for command in _changes(gate))
    left = run.config.pilot.grace_minutes * 60
    if gate.deadline is not None:
        left = min(left, (gate.deadline - now).total_seconds())
    if left <= 0:
        return f"Reopening now. `/otto pause` stops before the next step; {change}"
    span = minutes(left / 60 if left < 60 else round(left / 60, 1))
    return f"Reopening in {span} unless you say `/otto pause`; {go}; {change}"


def _waits(gate: Gate, decision: Decision, why: str) -> str:
    change = ", ".join(f"`{command}`" for command in _changes(gate))
    line = f"**Nothing is reopened until a person says so**, because {why}."
    say = f"Go: `/otto approve r{gate.revision}`; change it: {change}"
    return f"{line} {say}\n\n{_boxes(gate, decision)}"


def _unsure(decision: Decision) -> str:
    """What a machine does not do without a person's yes."""
    words = {Action.ASK: "asks about", Action.SKIP: "leaves out", Action.HOLD: "holds"}
    theirs = [m for m in decision.moves if (m.decided_by or decision.decided_by) is not Decider.HUMAN]
    said = []
    for action, verb in words.items():
        keys = [move.task for move in theirs if move.action is action]
        if action is Action.SKIP:
            machines = [s for s in decision.skips if (s.decided_by or decision.decided_by) is not Decider.HUMAN]
            keys += [skip.task for skip in machines if skip.task not in keys]
        if keys:
            said.append(f"{verb} {several(keys[:20])}")
    return f"it {several(said)}"


def _changes(gate: Gate) -> list[str]:
    assert gate.decision is not None
    reopened = [move.task for move in gate.decision.moves if move.action in REOPENING] or list(gate.tasks)
    key = reopened[0] if reopened else "t1"
    accept = [f"/otto accept {task}" for task in _acceptable(gate, gate.decision)[:1]]
    return [*accept, f"/otto skip {key}", f"/otto retry {key} -- …"]


def _acceptable(gate: Gate, decision: Decision) -> list[str]:
    """Tasks that are asked about because of changed tests, or of what the gate before a push held."""
    held = {failure.task for failure in gate.failures if acceptable(failure)}
    return [move.task for move in decision.moves if move.action is Action.ASK and move.task in held]


def _right(gate: Gate, key: str) -> str:
    held = any(one.task == key and one.cause is Cause.HELD_BY_DIFF_GATE for one in gate.failures)
    return "what was held is right: push it" if held else "these changes of checks are right"


def _boxes(gate: Gate, decision: Decision) -> str:
    rows = [(f"/otto approve r{gate.revision}", "go on with this plan now")]
    skippable = [move.task for move in decision.moves if move.action is not Action.SKIP][:BOXED]
    rows += [(f"/otto accept {key}", _right(gate, key)) for key in _acceptable(gate, decision)[:BOXED]]
    rows += [(f"/otto skip {key}", "leave it out") for key in skippable]
    return boxes([*rows, ("/otto pause", "stop and wait")])
