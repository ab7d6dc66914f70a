"""Events of the journeys: tested, explained, posted, applied."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from otto_bot.core.event_base import Event
from otto_bot.core.journeys import Finding, JourneyReport, Via
from otto_bot.core.verdict import Proof, Verdict


class JourneysTested(Event):
    """Every journey was walked on this head. `verdicts`: of a run that certifies, what the judge says of each task."""

    type: Literal["JourneysTested"] = "JourneysTested"
    round: int
    head: str
    via: Via
    report: JourneyReport = JourneyReport()
    verdicts: dict[str, Verdict] = {}
    proofs: dict[str, Proof] = {}
    """What those verdicts stand on."""
    model: str = ""
    calls: int = 0
    usd: float = 0.0


class JourneysDispatched(Event):
    """What Actions is to run is written down, and then, with `run_id`, on its way."""

    type: Literal["JourneysDispatched"] = "JourneysDispatched"
    round: int
    head: str
    script: str
    run_id: int | None = None
    url: str = ""
    next_at: datetime
    model: str = ""
    calls: int = 0
    usd: float = 0.0


class JourneysPolled(Event):
    """Actions was looked at and is not ready; `lost` = it will bring nothing, for this reason."""

    type: Literal["JourneysPolled"] = "JourneysPolled"
    round: int
    head: str
    next_at: datetime
    waiting: str = ""
    lost: str = ""
    knew: int | None = None
    """How many reports were known before GitHub was asked; old ledgers do not tell."""


class JourneysSkipped(Event):
    """Nothing here can run the journeys; the reason is for people."""

    type: Literal["JourneysSkipped"] = "JourneysSkipped"
    round: int
    reason: str


class JourneysTriaged(Event):
    """Why each failing journey fails. What follows is decided by rules, not by the triage."""

    type: Literal["JourneysTriaged"] = "JourneysTriaged"
    round: int
    findings: tuple[Finding, ...]
    decided_by: Literal["triage", "rules"] = "triage"
    rejections: tuple[str, ...] = ()
    model: str = ""
    calls: int = 0
    usd: float = 0.0


class JourneysPosted(Event):
    """The round's comment stands."""

    type: Literal["JourneysPosted"] = "JourneysPosted"
    round: int
    revision: int
    comment_id: int
    url: str = ""
    begun_at: datetime | None = None
    """When its writing began: nobody can have read it before."""


class JourneysApplied(Event):
    """Grace passed or someone approved: what the round decided happens."""

    type: Literal["JourneysApplied"] = "JourneysApplied"
    round: int
    revision: int
