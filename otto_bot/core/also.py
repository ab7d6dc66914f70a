"""What other Apps report on a commit without being asked for: told to people, never waited for, never blamed."""

from __future__ import annotations

from collections.abc import Iterable

from otto_bot.core.values import Frozen

MOST_KEPT = 50
_BAD = frozenset({"failure", "error", "timed_out", "action_required", "startup_failure", "cancelled", "stale"})
_GOOD = frozenset({"success", "neutral", "skipped"})


class Also(Frozen):
    """One check or status. `state` is GitHub's word: a conclusion, or what it is before it has one."""

    name: str
    state: str
    url: str = ""


def worth_telling(found: Iterable[Also]) -> tuple[Also, ...]:
    """Each name once, as it stands worst: what failed comes first, then what has not ended, then the rest."""
    by_name: dict[str, Also] = {}
    for one in sorted(found, key=lambda also: (_rank(also.state), also.name)):
        by_name.setdefault(one.name, one)
    return tuple(by_name.values())[:MOST_KEPT]


def _rank(state: str) -> int:
    return 0 if state in _BAD else 2 if state in _GOOD else 1
