"""Concurrency groups: the group's name from its expression, and who waits or goes when a run arrives. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from otto_bot.playground.actions.expressions import Scope, interpolate
from otto_bot.playground.actions.values import ExpressionError, text_of, truthy


@dataclass(frozen=True, slots=True)
class Group:
    """A run's concurrency group; `key` is the name without regard to case, as GitHub compares it."""

    name: str
    cancel_in_progress: bool = False
    queue_max: bool = False
    """`queue: max`: a newcomer waits behind those that wait already."""

    @property
    def key(self) -> str:
        """What two runs of one group share."""
        return self.name.casefold()


@dataclass(frozen=True, slots=True)
class Member:
    """A run or a job that is in the group and has not ended."""

    number: int
    state: Literal["running", "pending"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What a newcomer does: start now, or wait; and which members are cancelled for it."""

    starts: bool
    cancelled: tuple[int, ...] = ()


def group_of(document: dict[str, Any], scope: Scope) -> Group | None:
    """The group of a workflow or of a job, or `None`. Raises `ExpressionError` where it cannot be evaluated."""
    raw = document.get("concurrency")
    if raw is None:
        return None
    spec: dict[str, Any] = raw if isinstance(raw, dict) else {"group": raw}
    name = text_of(interpolate(text_of(spec.get("group")), scope))
    if not name:
        raise ExpressionError("concurrency: the group is empty")
    cancel = spec.get("cancel-in-progress", False)
    cancels = truthy(interpolate(cancel, scope)) if isinstance(cancel, str) else truthy(cancel)
    queue = text_of(spec.get("queue", "single"))
    if queue not in ("single", "max") or (queue == "max" and cancels):
        raise ExpressionError(f"concurrency: `queue: {queue}` is not possible here")
    return Group(name, cancels, queue == "max")


MOST_PENDING = 100
"""With `queue: max` so many may wait."""


def admit(members: Sequence[Member], *, cancel_in_progress: bool, queue_max: bool = False) -> Admission:
    """One runs, one waits: a newcomer replaces the one that waits, and with `cancel-in-progress` both.

    With `queue: max` it waits behind the others, up to the hundredth.
    """
    waiting = [entry.number for entry in members if entry.state == "pending"]
    if queue_max:
        leaving = tuple(waiting[: len(waiting) + 1 - MOST_PENDING]) if len(waiting) >= MOST_PENDING else ()
    else:
        leaving = tuple(entry.number for entry in members if cancel_in_progress or entry.state == "pending")
    return Admission(starts=not any(entry.state == "running" for entry in members), cancelled=leaving)


def next_pending(members: Sequence[Member]) -> int | None:
    """The one that starts now that none of the group runs any more."""
    if any(entry.state == "running" for entry in members):
        return None
    return next((entry.number for entry in members if entry.state == "pending"), None)
