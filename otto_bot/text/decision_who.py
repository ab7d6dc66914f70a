"""Who decided at a gate, and why it was not the pilot: in words for people who do not know how Otto is built."""

from __future__ import annotations

import re
from collections.abc import Sequence

from otto_bot.core.decision import Decider, Decision
from otto_bot.core.policy import charged
from otto_bot.core.run import Gate, Run
from otto_bot.text.footer import money_line
from otto_bot.text.markdown import inline, sentence
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import DECIDED_HOW, DECIDERS, count, several

REASONS = 3
FIELDS = {
    "retry_strategies": "what to do with a task",
    "batches": "the order",
    "failure_analysis": "why a task failed",
    "cross_task": "what spans tasks",
    "routed_context": "what a task is told",
    "skip_tasks": "what is left out",
    "new_learnings": "what is worth keeping",
    "answer": "",
}
"""The parts of an answer, as people call them."""
_FIELD = re.compile(r"(?<![a-z] )\b(" + "|".join(FIELDS) + r")(?:\[(t[0-9]{1,3})\])?(?:\.[a-z_]+)?: ")


def who_decided(gate: Gate, decision: Decision) -> str:
    """One paragraph where it is not the usual way: a pilot whose first answer could stand."""
    why = _plain(without_at(decision.why))
    if decision.decided_by is Decider.PILOT:
        return _mended(gate) if why or gate.rejections else ""
    if decision.decided_by is Decider.HUMAN:
        return f"**Decided by a person:** {inline(why, 300)}." if why else ""
    if not why:
        return ""
    who = "the plain replan" if decision.decided_by is Decider.REPLAN else "fixed rules"
    lines = [f"**Decided by {who}:** {inline(why, 700).rstrip('.')}."]
    if gate.calls:
        how = DECIDED_HOW[Decider.REPLAN] if decision.decided_by is Decider.REPLAN else _RULES
        lines.append(sentence(how))
    return " ".join(lines)


_RULES = (
    "rules retry what failed, one task after the other with its own evidence, while attempts are left; then they ask"
)


def _mended(gate: Gate) -> str:
    reasons = _reasons(gate.rejections)
    said = f": {reasons}" if reasons else ""
    return f"**Mended once:** the pilot's first answer could not stand{said}. Its second one, above, could."


def _reasons(rejections: Sequence[str]) -> str:
    shown = [inline(_plain(reason), 200) for reason in rejections[:REASONS]]
    more = len(rejections) - len(shown)
    return "; ".join(shown) + (f"; and {count(more, 'more reason')}" if more > 0 else "")


def _plain(text: str) -> str:
    """Reasons by field as a maintainer reads them: `batches: t2 is missing` → `the order: t2 is missing`."""
    return _FIELD.sub(lambda m: FIELDS[m[1]] and f"{FIELDS[m[1]]}{f' ({m[2]})' if m[2] else ''}: ", text)


def decided_by(run: Run, gate: Gate, decision: Decision) -> str:
    """`decided by: pilot (model) · 1 call · $0.03 · 4 evidence items · $1.42 / $10 · attempts 1/3 · run 7`."""
    said = [f"decided by: {_who(gate, decision)}"]
    if gate.calls:
        said += [count(gate.calls, "call"), f"${gate.usd:.2f}"]
    if gate.evidence:
        said.append(count(len(gate.evidence), "evidence item"))
    return f"<sub>{' · '.join([*said, money_line(run), f'attempts {_attempts(run, gate)}', f'run {run.id}'])}</sub>"


def left_out(gate: Gate) -> str:
    """What nobody who decided could see."""
    return f"Left out of the evidence for length: {sentence(inline(gate.cut, 500))}" if gate.cut else ""


def _who(gate: Gate, decision: Decision) -> str:
    """Decider and model; how it was decided where the decision itself does not say why."""
    notes = [inline(gate.model, 80)] if gate.model and decision.decided_by in (Decider.PILOT, Decider.REPLAN) else []
    if not decision.why and decision.decided_by is not Decider.PILOT:
        notes.append(DECIDED_HOW[decision.decided_by])
    if decision.decided_by is Decider.RULES and not gate.calls and decision.why:
        notes.append("no model was asked")
    mixed = sorted({DECIDERS[m.decided_by] for m in decision.moves if m.decided_by not in (None, decision.decided_by)})
    also = f", with moves of {several(mixed)}" if mixed else ""
    return DECIDERS[decision.decided_by] + (f" ({'; '.join(notes)})" if notes else "") + also


def _attempts(run: Run, gate: Gate) -> str:
    """Attempts that count, of the task that has used up most, against what it may use."""
    used = {key: charged(run.tasks[key]) for key in gate.tasks if key in run.tasks}
    if not used:
        return "0"
    key = max(used, key=lambda k: used[k])
    return f"{used[key]}/{run.config.attempts.per_task + run.tasks[key].granted}"
