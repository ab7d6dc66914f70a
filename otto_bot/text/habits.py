"""How a repository writes the subjects of its commits, read from its last ones: prefixes, scopes, letter case."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_CONVENTIONAL = re.compile(
    r"^(?P<kind>build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(?:\((?P<scope>[^)]+)\))?!?: "
    r"(?P<rest>\S.*)"
)
_OWN = ("chore", "ci", "build", "test")
"""Kinds that say that nothing of the product changes, the best first."""
_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,30}")


class Habit(NamedTuple):
    """What conventional subjects of a repository look like."""

    kinds: tuple[str, ...]
    """The most frequent first."""
    scope: str = ""
    """The most frequent one, where no subject goes without; else none."""
    capital: bool = False
    """Whether most begin with a capital letter behind the colon."""

    def subject(self, kind: str, words: str) -> str:
        """A subject with prefix; a name in capitals stays as it is."""
        small = words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words
        shown = words[:1].upper() + words[1:] if self.capital else small
        return f"{kind}({self.scope}): {shown}" if self.scope else f"{kind}: {shown}"

    @property
    def own(self) -> str:
        """The kind of what Otto does for itself: one that was used here, so that whoever checks titles knows it."""
        return next((kind for kind in _OWN if kind in self.kinds), self.kinds[0])


def is_conventional(subject: str) -> bool:
    """Whether a subject carries a conventional prefix."""
    return _CONVENTIONAL.match(subject) is not None


def habit_of(subjects: Sequence[str]) -> Habit | None:
    """The habit where at least half of the subjects (merges left out) carry a conventional prefix; else None."""
    own = [subject for subject in subjects if not subject.startswith(("Merge ", "Revert "))]
    found = [match for subject in own if (match := _CONVENTIONAL.match(subject)) is not None]
    if not found or 2 * len(found) < len(own):
        return None
    kinds = tuple(kind for kind, _ in Counter(match["kind"] for match in found).most_common())
    scopes = Counter(match["scope"] for match in found if match["scope"])
    common = scopes.most_common(1)[0][0] if len(found) > 1 and scopes.total() == len(found) else ""
    capitals = sum(1 for match in found if match["rest"][:1].isupper())
    return Habit(kinds, common if _SCOPE.fullmatch(common) else "", 2 * capitals > len(found))


def own_subject(words: str, habits: Sequence[str]) -> str:
    """The subject of what Otto does for itself, as this repository writes subjects."""
    habit = habit_of(habits)
    return words if habit is None else habit.subject(habit.own, words)
