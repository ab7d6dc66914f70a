"""The issue as a run's models are told it: what its page shows."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.core.unseen import unseen, without_unseen
from otto_bot.core.values import Frozen
from otto_bot.text.shown.seen import seen


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
