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
    for one in run.journeys:
        if one.comment_id == comment_id:
            return f"journeys/n{one.number}"
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


def unticked(after: str) -> str | None:
    """The comment before its one box with a command was ticked; None where none or several are."""
    lines = after.replace("\r\n", "\n").split("\n")
    on = [n for n, line in enumerate(lines) if _is_on(line)]
    if len(on) != 1:
        return None
    lines[on[0]] = _BOX.sub(r"\1 \3", lines[on[0]])
    return "\n".join(lines)


def _is_on(line: str) -> bool:
    match = _BOX.match(line)
    return match is not None and match.group(2) != " " and _IN_BOX.search(match.group(3)) is not None


def outdated(run: Run, after: str) -> Command | None:
    """The yes to a revision that is not the newest any more: its box was ticked in a page that was opened before.

    GitHub then writes the old comment over the new one. None where the edit says nothing like that.
    """
    boxes = [match for line in after.replace("\r\n", "\n").split("\n") if (match := _BOX.match(line)) is not None]
    said = [named.group(1) for box in boxes if box.group(2) != " " and (named := _IN_BOX.search(box.group(3)))]
    commands = [command for line in said if isinstance(command := parse_line(line), Command)]
    current = {None, run.plan_revision, *(gate.revision for gate in run.gates)}
    old = [command for command in commands if command.verb == "approve" and command.revision not in current]
    return old[0] if len(old) == 1 else None
