"""The issue as a run's models are told it: what its page shows, and who wrote what."""

from __future__ import annotations

from otto_bot.core.attempt import Attempt
from otto_bot.core.authors import Author, at_least_write
from otto_bot.core.decision import Decider
from otto_bot.core.hidden_text import seen
from otto_bot.core.run import Run
from otto_bot.core.unseen import unseen, without_unseen
from otto_bot.core.values import Frozen

PILOT = Author(login="Otto's pilot", permission="none")


class Told(Frozen):
    """Title and body without what nobody sees on the page; `hidden` counts it by kind."""

    title: str
    body: str
    hidden: dict[str, int] = {}


def told(run: Run) -> Told:
    """What the run works on. A title shows its markup, so that only characters can be hidden in it."""
    body = seen(run.body)
    characters = unseen(run.title) + body.hidden.get("character", 0)
    hidden = {**body.hidden, "character": characters} if characters else body.hidden
    return Told(title=without_unseen(run.title), body=body.text, hidden=hidden)


def guided_by(run: Run, attempt: Attempt) -> Author | None:
    """Who wrote an attempt's guidance: the pilot, or someone whom the gate for commands let through."""
    gate = next((gate for gate in run.gates if gate.number == attempt.gate), None)
    if not attempt.guidance or gate is None or gate.decision is None:
        return None
    move = next((move for move in gate.decision.moves if attempt.guidance == move.guidance), None)
    if move is not None and (move.decided_by or gate.decision.decided_by) is Decider.HUMAN:
        return at_least_write(move.reason.removeprefix("@").partition(" ")[0] if move.reason.startswith("@") else "")
    return PILOT if move is not None else None
