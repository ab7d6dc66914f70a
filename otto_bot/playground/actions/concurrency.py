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

    @property
    def key(self) -> str:
        """What two runs of one group share."""
        return self.name.casefold()


@dataclass(frozen=True, slots=True)
class Member:
    """A run that is in the group and has not ended."""

    run_id: int
    state: Literal["running", "pending"]


@dataclass(frozen=True, slots=True)
class Admission:
    """What a newcomer does: start now, or wait; and which members are cancelled for it."""

    starts: bool
    cancelled: tuple[int, ...] = ()


def group_of(document: dict[str, Any], scope: Scope) -> Group | None:
    """The workflow's group, or `None`. Raises `ExpressionError` where the group cannot be evaluated."""
    raw = document.get("concurrency")
    if raw is None:
        return None
    spec: dict[str, Any] = raw if isinstance(raw, dict) else {"group": raw}
    name = text_of(interpolate(text_of(spec.get("group")), scope))
    if not name:
        raise ExpressionError("concurrency: the group is empty")
    cancel = spec.get("cancel-in-progress", False)
    return Group(name, truthy(interpolate(cancel, scope)) if isinstance(cancel, str) else truthy(cancel))


def admit(members: Sequence[Member], *, cancel_in_progress: bool) -> Admission:
    """One runs, one waits: a newcomer replaces the one that waits, and with `cancel-in-progress` both."""
    leaving = tuple(entry.run_id for entry in members if cancel_in_progress or entry.state == "pending")
    return Admission(starts=not any(entry.state == "running" for entry in members), cancelled=leaving)


def next_pending(members: Sequence[Member]) -> int | None:
    """The run that starts now that none of the group runs any more."""
    if any(entry.state == "running" for entry in members):
        return None
    return next((entry.run_id for entry in members if entry.state == "pending"), None)
