"""Who wrote the guidance of an attempt, as models are told it."""

from __future__ import annotations

from otto_bot.core.attempt import Attempt
from otto_bot.core.authors import Author, at_least_write
from otto_bot.core.decision import Decider
from otto_bot.core.run import Run

PILOT = Author(login="Otto's pilot", permission="none")


def guided_by(run: Run, attempt: Attempt) -> Author | None:
    """Who wrote an attempt's guidance: the pilot, or someone whom the gate for commands let through."""
    gate = next((gate for gate in run.gates if gate.number == attempt.gate), None)
    if not attempt.guidance or gate is None or gate.decision is None:
        return None
    move = next((move for move in gate.decision.moves if attempt.guidance == move.guidance), None)
    if move is not None and (move.decided_by or gate.decision.decided_by) is Decider.HUMAN:
        return at_least_write(move.reason.removeprefix("@").partition(" ")[0] if move.reason.startswith("@") else "")
    return PILOT if move is not None else None
