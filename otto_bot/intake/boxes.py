"""Check boxes in Otto's own comments: which comment was edited, and which one box the edit ticked."""

from __future__ import annotations

import re

from otto_bot.core.commands import Command, parse_line
from otto_bot.core.reviewing import gate_surface
from otto_bot.core.run import Run
from otto_bot.core.surfaces import STATUS

_BOX = re.compile(r"^(\s*[-*] \[)([ xX])(\] .*)$")
_IN_BOX = re.compile(r"`(/otto [^`]+)`")


def surface_of(run: Run, comment_id: int) -> str | None:
    """The surface that a comment of ours shows; None where it is none (the plan comment is not redrawn as one)."""
    for gate in run.gates:
        if gate.comment_id == comment_id:
            return gate_surface(gate)
    # Only the status comment: ids of checks are numbers of their own and may be the same by chance.
    return STATUS if run.ids.get(STATUS) == comment_id else None


def ticked(before: str, after: str) -> Command | None:
    """The command of the one box that an edit ticked; None where the edit did anything else."""
    old, new = before.replace("\r\n", "\n").split("\n"), after.replace("\r\n", "\n").split("\n")
    if len(old) != len(new):
        return None
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    if len(changed) != 1:
        return None
    was, now = _BOX.match(changed[0][0]), _BOX.match(changed[0][1])
    if was is None or now is None or was.group(2) != " " or now.group(2) == " ":
        return None
    if (was.group(1), was.group(3)) != (now.group(1), now.group(3)):
        return None
    named = _IN_BOX.search(now.group(3))
    command = parse_line(named.group(1)) if named else None
    return command if isinstance(command, Command) else None
