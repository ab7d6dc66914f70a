"""What the pilot would have decided at a gate while another decision counted: move by move, beside what was done."""

from __future__ import annotations

from typing import NamedTuple

from otto_bot.core.gate_account import moves_of
from otto_bot.core.run import Gate
from otto_bot.text.pages import NO_MOVE, SHADOW, SHADOW_NONE
from otto_bot.text.spoken import line
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import DECIDERS, MOVES
from otto_bot.web.views.parts import short

MANY, WORDS = 40, 300
"""Moves on one page, and bytes of what each would have said."""


class ShadowMove(NamedTuple):
    """One task: what would have been done, what was."""

    task: str
    would: str
    words: str
    did: str
    same: bool


class ShadowView(NamedTuple):
    """The decision in shadow; without moves where the pilot gave none that may stand."""

    words: str
    moves: tuple[ShadowMove, ...]
    more: int


def shadow_of(gate: Gate) -> ShadowView | None:
    """None where nothing was decided in shadow."""
    shadow = gate.account.shadow
    if shadow is None:
        return None
    spent = {"usd": f"${shadow.usd:.4f}", "seconds": f"{shadow.seconds:.1f}"}
    if not shadow.by_pilot:
        why = line(without_at(shadow.decision.why), 400) or DECIDERS[shadow.decision.decided_by]
        return ShadowView(SHADOW_NONE.format(why=why, **spent), (), 0)
    would = moves_of(shadow.decision)
    did = moves_of(gate.decision) if gate.decision is not None else {}
    told = {move.task: move.guidance or move.question for move in shadow.decision.moves}
    rows = tuple(
        ShadowMove(
            task=line(task, 12),
            would=MOVES[would[task]] if task in would else NO_MOVE,
            words=short(told.get(task, ""), WORDS),
            did=MOVES[did[task]] if task in did else NO_MOVE,
            same=would.get(task) is did.get(task),
        )
        for task in list(dict.fromkeys([*would, *did]))[:MANY]
    )
    return ShadowView(SHADOW.format(**spent), rows, max(0, len({*would, *did}) - MANY))
