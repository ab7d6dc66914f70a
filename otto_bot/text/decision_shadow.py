"""In shadow mode: what the pilot would have done, beside what happens."""

from __future__ import annotations

from otto_bot.core.decision import Action, Decision
from otto_bot.core.gate_account import moves_of
from otto_bot.core.run import Gate
from otto_bot.text.body import Part
from otto_bot.text.markdown import inline
from otto_bot.text.words import MOVES, count

SHOWN = 60
GUIDANCE = 300


def shadow(gate: Gate, decision: Decision) -> Part:
    """`#### In shadow`: the pilot would have: t1: retry differently (here: retry) …; empty where there is no shadow."""
    beside = gate.account.shadow
    if beside is None:
        return Part("", "")
    head = "#### In shadow"
    if not beside.by_pilot:
        why = inline(beside.decision.why, 300) or "its answer could not stand"
        return Part(f"{head}\nThe pilot only looks on here, and had no plan that could stand: {why}", head)
    would, does = moves_of(beside.decision), moves_of(decision)
    rows = [_row(key, action, does.get(key), beside.decision) for key, action in list(would.items())[:SHOWN]]
    more = [f"and {count(len(would) - SHOWN, 'more task')}"] if len(would) > SHOWN else []
    same = sum(1 for key in {**would, **does} if would.get(key) is does.get(key))
    lead = f"The pilot only looks on here. The same moves as this plan: {same} of {len({**would, **does})}."
    body = "\n".join([head, f"{lead} The pilot would have:", *rows, *more, *_told(beside.decision)])
    return Part(body, f"{head}\n{lead}")


def _row(key: str, would: Action, does: Action | None, decision: Decision) -> str:
    here = "" if does is would else f" (this plan: {MOVES[does] if does is not None else 'it runs in its turn'})"
    move = decision.move(key)
    said = (move.guidance or move.question) if move is not None else ""
    return f"- {inline(key, 10)}: {MOVES[would]}{here}{': ' + inline(said, GUIDANCE) if said else ''}"


def _told(decision: Decision) -> list[str]:
    return [f"- told {inline(r.target_task, 10)}: {inline(r.context, GUIDANCE)}" for r in decision.routed[:20]]
