"""What a replay found, as plain lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.compare import Cost, Difference, Replayed
from otto_bot.core.decision import Action
from otto_bot.text.screen import Look, shown
from otto_bot.text.words import DECIDERS, MOVES, count

HOW = {
    "check": "its stored replies, by today's rules",
    "rules": "the rules alone",
    "replan": "the plain replan",
    "model": "another pilot",
}
STATES = {"same": "the same decision", "differs": "another decision", "cannot": "cannot be replayed"}
_NOTHING = "nothing"


def replay_lines(found: Sequence[Replayed], look: Look) -> list[str]:
    """One paragraph a decision, then one line that sums up."""
    lines = [line for one in found for line in (*_one(one, look), "")]
    states = [one.state for one in found]
    summed = " · ".join(f"{states.count(state)} {words}" for state, words in STATES.items() if state in states)
    return [*lines, look.bold(f"{count(len(found), 'decision')}: {summed}")]


def _one(one: Replayed, look: Look) -> list[str]:
    of = ", the pilot in shadow" if one.of == "shadow" else ""
    head = look.bold(f"gate {one.gate}{of}: {STATES[one.state]}") + f" · {HOW[one.how]}"
    lines = [f"{head}: {shown(one.why)}" if one.state == "cannot" else head]
    if one.before is not None:
        version = f", {one.prompt_version}" if one.prompt_version else ""
        model = f" ({shown(one.model, 80)}{version})" if one.model else ""
        lines.append(f"  recorded: {DECIDERS[one.before.decided_by]}{model}{_cost(one.before_cost)}")
    if one.after is not None and one.how != "check":
        lines.append(f"  now: {DECIDERS[one.after.decided_by]}{_cost(one.after_cost)}")
    elif one.after_cost.calls:
        lines.append(f"  spent{_cost(one.after_cost)}")
    lines += [f"  {look.red(line) if d.counts else look.dim(line)}" for d in one.differences for line in [_line(d)]]
    return [*lines, *(f"  {look.dim('note: ' + shown(note, 400))}" for note in one.notes)]


def _cost(cost: Cost) -> str:
    return f" · {count(cost.calls, 'call')}, ${cost.usd:.4f}, {cost.seconds:.1f} s" if cost.calls else ""


def _line(d: Difference) -> str:
    task = shown(d.task, 20) or "the whole"
    before, after = shown(d.before, 400) or _NOTHING, shown(d.after, 400) or _NOTHING
    if d.kind in ("move", "skip"):
        return f"{task}: {_move(d.before)} → {_move(d.after)}"
    heads = {
        "class": f"class of {task}",
        "routed": f"facts told to {task}",
        "batches": "order",
        "decider": "decided by",
        "rejections": "answer to",
        "words": f"words on {task}",
    }
    return f"{heads[d.kind]}: {before} → {after}"


def _move(value: str) -> str:
    return MOVES[Action(value)] if value else "in its turn"
