"""Which fields of a run are others after an event, and from which of them nothing follows for the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Set
from itertools import compress
from operator import is_, is_not, itemgetter
from typing import TypeVar

from otto_bot.core.attempt import BASELINE
from otto_bot.core.run import Run
from otto_bot.core.values import kept

Answer = TypeVar("Answer")

QUIET = frozenset(
    {
        "money", "verifications", "verification_prs", "closed_prs", "trouble", "replies", "replied", "called", "shown",
        "shown_count", "shown_at", "ids", "learnt", "learnt_count", "learning_orders", "learning_orders_seen",
        "heard_at", "relabelled_by", "answered_at",
    }
)  # fmt: skip
"""Fields that neither what follows from a change nor any rule of the house reads, but for those named in `follows`.

A test records what is read, in random lives.
"""

_LOUD = itemgetter(*(name for name in Run.model_fields if name not in QUIET))


def remembered(run: Run, name: str, also: tuple[object, ...], ask: Callable[[Run], Answer]) -> Answer:
    """What `ask` says of a run, asked again only where a field that is not in QUIET, or `also`, is another than before.

    `also` holds all that the answer takes from QUIET fields. What is remembered goes on from run to run in `reduce`.
    """
    known, inputs = kept(run), _LOUD(run.__dict__)
    found = known.get(name)
    if found is not None and found[1] == also and all(map(is_, found[0], inputs)):
        answer: Answer = found[2]
        return answer
    answer = ask(run)
    known[name] = (inputs, also, answer)
    return answer


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
