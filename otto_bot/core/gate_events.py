"""Events of a gate: it opens, a decision is made, posted, and applied."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.decision import Decision
from otto_bot.core.event_base import Event
from otto_bot.core.evidence import EvidenceItem
from otto_bot.core.gate_account import GateReply, Shadow
from otto_bot.core.learnings import GateLearning


class GateOpened(Event):
    """A batch settled with failures."""

    type: Literal["GateOpened"] = "GateOpened"
    gate: int


class DecisionMade(Event):
    """Someone or something decided; the reasons and the evidence stand beside it.

    `request` is the sha256 of the stored request: the hash of the input. `replies` are all calls, in their order.
    """

    type: Literal["DecisionMade"] = "DecisionMade"
    gate: int
    decision: Decision
    evidence: tuple[EvidenceItem, ...] = ()
    cut: str = ""
    model: str = ""
    prompt_hash: str = ""
    calls: int = 0
    usd: float = 0.0
    rejections: tuple[str, ...] = ()
    learnings: tuple[GateLearning, ...] = ()
    request: str = ""
    prompt_version: str = ""
    replies: tuple[GateReply, ...] = ()
    shadow: Shadow | None = None


class DecisionPosted(Event):
    """The decision's comment stands."""

    type: Literal["DecisionPosted"] = "DecisionPosted"
    gate: int
    revision: int
    comment_id: int
    url: str = ""
    begun_at: datetime | None = None
    """When its writing began: nobody can have read it before."""


class DecisionApplied(Event):
    """Grace passed or someone approved; work is reopened."""

    type: Literal["DecisionApplied"] = "DecisionApplied"
    gate: int
    revision: int
