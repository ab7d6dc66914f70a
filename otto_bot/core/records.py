"""What the harness itself saw when a model looked at a product: the tool, what it was given, and what came out."""

from __future__ import annotations

from otto_bot.core.values import Frozen


class CommandRecord(Frozen):
    """One tool call, numbered from 1. `what` is the command, path or pattern; `output` is redacted and capped."""

    number: int
    tool: str
    what: str
    exit_code: int | None = None
    output: str = ""
    timed_out: bool = False

    @property
    def ref(self) -> str:
        """How it is cited: `R3`."""
        return f"R{self.number}"
