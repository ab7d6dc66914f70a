"""What a check of the host or of a repository found: how bad, in words, what to do, and where more of it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from otto_bot.core.values import Frozen

Level = Literal["ok", "note", "unknown", "warning", "problem"]
"""`note`: good to know. `unknown`: the check could not be made, which is never counted as `ok`."""
LEVELS: tuple[Level, ...] = get_args(Level)
"""From the best to the worst."""


class Finding(Frozen):
    """One sentence of a check. `advice` says what to do, `see` a part of docs/; both may be empty."""

    check: str
    outcome: str
    level: Level
    words: str
    advice: str = ""
    see: str = ""


def wrong(findings: Iterable[Finding]) -> bool:
    """Whether something has to be done: a problem, or a check that could not be made."""
    return any(one.level in ("problem", "unknown") for one in findings)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The same, the worst first; those of one level stay in their order."""
    return sorted(findings, key=lambda one: -LEVELS.index(one.level))
