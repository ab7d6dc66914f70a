"""A ticket: one execution of one effect."""

from __future__ import annotations

from otto_bot.core.values import Frozen


class Ticket(Frozen):
    """One execution of one effect: the key says what, the generation which try."""

    key: str
    generation: int

    @property
    def id(self) -> str:
        """The id in the queue; the queue never runs an id twice."""
        return f"{self.key}#{self.generation}"
