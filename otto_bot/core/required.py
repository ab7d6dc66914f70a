"""Checks that a merge needs besides the lane's workflows: which are waited for, which count, which are people's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from otto_bot.core.values import Frozen

OTHERS_FACTOR = 10
"""A check of another App is waited for this many settle times after the last workflow has ended."""
OTHERS_LEAST = 2.0
"""Seconds that it has in any case."""
MOST_WORDS = 300

State = Literal["missing", "pending", "green", "red"]


class Required(Frozen):
    """One check that must be green, as it stands on a commit.

    `asked`: `verify.required` names it. `actions`: GitHub Actions reports it. `words`: what it says of itself, of
    whoever wrote it.
    """

    name: str
    state: State
    asked: bool = False
    actions: bool = False
    words: str = ""
    url: str = ""

    @property
    def strict(self) -> bool:
        """Whether it is waited for as long as a workflow, and counts on the base commit, too."""
        return self.asked or (self.actions and self.state != "missing")


class Weighed(NamedTuple):
    """What is still waited for, what failed, and what is left to people, each in order."""

    waits: tuple[str, ...] = ()
    red: tuple[Required, ...] = ()
    left: tuple[str, ...] = ()
    seconds: float = 0.0
    """How long those are still waited for that are others'."""


def weigh(
    required: Sequence[Required], *, quiet: float, settle: float, left_on_base: Collection[str] | None
) -> Weighed:
    """`quiet`: seconds since the last workflow ended. `left_on_base`: what the base commit left; None = this is it.

    The base commit is empty: a check of another App that fails or stays away there (a CLA, a review bot, a merge queue)
    says nothing about code, and is left to people on every head. GitHub holds the merge until it is green.
    """
    waits: list[str] = []
    red: list[Required] = []
    left: list[str] = []
    others = max(settle * OTHERS_FACTOR, OTHERS_LEAST) - quiet
    for one in required:
        known = left_on_base is not None and one.name in left_on_base
        if one.state == "red":
            if one.strict or (left_on_base is not None and not known):
                red.append(one)
            else:
                left.append(one.name)
        elif one.state != "green":
            (waits if one.strict or (others > 0 and not known) else left).append(one.name)
    return Weighed(tuple(waits), tuple(red), tuple(left), max(others, 0.0))


def told(red: Sequence[Required]) -> str:
    """One sentence about what failed."""
    return "; ".join(f"{one.name} failed" + (f": {one.words}" if one.words else "") for one in red)[:MOST_WORDS]
