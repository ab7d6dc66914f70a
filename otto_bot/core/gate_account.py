"""How a gate was decided and what came of it: request, calls, shadow, revisions, and the end of each move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from otto_bot.core.decision import Action, Decider, Decision
from otto_bot.core.evidence import Cause
from otto_bot.core.values import Frozen, Usage, once


class GateReply(Frozen):
    """One call to a model at a gate, kept whatever came of it.

    `call` names its row of `usage`, `reply` is the sha256 of the raw body in the archive (empty where none came).
    `error` says why no reply came; `problems` are the reasons, field by field, why a reply was rejected.
    `seconds` is the latency. `cut` = the body was longer than what is kept.
    """

    call: str
    role: str
    tries: int
    model: str = ""
    prompt_hash: str = ""
    reply: str = ""
    stop_reason: str = ""
    request_id: str = ""
    seconds: float = 0.0
    usage: Usage = Usage()
    usage_known: bool = True
    error: str = ""
    problems: tuple[str, ...] = ()
    cut: bool = False


class Shadow(Frozen):
    """What the pilot would have decided while the plain replan did. US dollars and seconds of its own calls.

    Its decision is by another decider than the pilot where the pilot gave none that may stand; `why` says so.
    """

    decision: Decision
    usd: float = 0.0
    seconds: float = 0.0

    @property
    def by_pilot(self) -> bool:
        """Whether the pilot had a decision that may stand."""
        return self.decision.decided_by is Decider.PILOT


class MoveChange(Frozen):
    """What a person made of one move; None = the task had, or has, none: it runs in its turn."""

    task: str
    before: Action | None = None
    after: Action | None = None


class Revision(Frozen):
    """A decision as a person changed it."""

    number: int
    by: str
    at: datetime | None = None
    changed: tuple[MoveChange, ...]


class EndKind(StrEnum):
    """What became of a move."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    WAITING = "waiting"
    WENT_ON = "went_on"
    ANSWERED = "answered"
    STAYED_OUT = "stayed_out"
    BROUGHT_BACK = "brought_back"
    LEFT_OUT = "left_out"


class MoveEnd(Frozen):
    """The outcome of one move, for computing and in words. `by` is who made it so, where a person did."""

    kind: EndKind
    attempt: int | None = None
    cause: Cause | None = None
    by: str = ""
    words: str = ""


class GateAccount(Frozen):
    """What is known of a gate beside its decision. Seconds and counts are of all calls, the shadow's included.

    `request` is the sha256 of the stored request; `by` is the person whose command opened the gate.
    """

    request: str = ""
    prompt_version: str = ""
    seconds: float = 0.0
    rejected: int = 0
    failed_calls: int = 0
    made_by: Decider | None = None
    shadow: Shadow | None = None
    by: str = ""
    revisions: tuple[Revision, ...] = ()
    decided_at: datetime | None = None
    applied_at: datetime | None = None
    ends: dict[str, MoveEnd] = {}

    def revised(self, revision: Revision) -> GateAccount:
        """With one more revision."""
        return self.model_copy(update={"revisions": (*self.revisions, revision)})


def changes(before: Decision, after: Decision) -> tuple[MoveChange, ...]:
    """Which moves a person changed, left-out tasks included."""
    old, new = moves_of(before), moves_of(after)
    texts = {move.task: move.guidance for move in before.moves}
    told = {move.task: move.guidance for move in after.moves}
    return tuple(
        MoveChange(task=task, before=old.get(task), after=new.get(task))
        for task in {**old, **new}
        if old.get(task) is not new.get(task) or texts.get(task, "") != told.get(task, "")
    )


@once
def moves_of(decision: Decision) -> Mapping[str, Action]:
    """Task → what happens to it: moves, and left-out tasks that had not failed."""
    return {
        **{skip.task: Action.SKIP for skip in decision.skips},
        **{move.task: move.action for move in decision.moves},
    }
