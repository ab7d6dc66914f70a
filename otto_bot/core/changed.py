"""Which fields of a run are others after an event, and from which of them nothing follows for the rest of it."""

from __future__ import annotations

from collections.abc import Set
from itertools import compress
from operator import is_not

from otto_bot.core.attempt import BASELINE
from otto_bot.core.run import Run

QUIET = frozenset(
    {
        "money", "verifications", "verification_prs", "closed_prs", "trouble", "replies", "replied", "called", "shown",
        "shown_count", "shown_at", "ids", "learnt", "learnt_count", "learning_orders", "learning_orders_seen", "parked",
        "relabelled_by",
    }
)  # fmt: skip
"""Fields that neither what follows from a change nor any rule of the house reads, but for those named in `follows`.

A test records what is read, in thousands of lives.
"""


def changed_fields(before: Run, after: Run) -> Set[str]:
    """Names of the fields that are other objects now. Values never change, so the same object says the same."""
    # Copies keep the order of their fields.
    old, new = before.__dict__, after.__dict__
    return set(compress(new, map(is_not, new.values(), old.values())))


def follows(before: Run, after: Run, changed: Set[str]) -> bool:
    """Whether anything but the changed fields themselves can be otherwise now. The rules for money apply in any case.

    Of verifications only the base's is read.
    """
    if not changed <= QUIET:
        return True
    return "verifications" in changed and after.verifications.get(BASELINE) is not before.verifications.get(BASELINE)
