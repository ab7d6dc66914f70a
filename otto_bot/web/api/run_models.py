"""The shape of runs in the API: the list, one run, and its events."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Decider
from otto_bot.core.run import GateState, Kind, Outcome, RunPhase
from otto_bot.web.api.base import Answer, Link


class RunBrief(Answer):
    """One run in a list."""

    id: int
    page: str = Field(description="Path of its page.", examples=["/runs/7"])
    repository: str = Field(examples=["octo/app"])
    issue: int
    ordinal: int = Field(description="1 = the first run of its issue.")
    title: str
    state: str = Field(description="Where it stands, in words.")
    waits_for: str = Field(description="What it asks of a person; empty where it asks nothing.")
    phase: str = Field(description="As in the answer about one run; a later version may know others.")
    outcome: str = Field(description="As in the answer about one run; empty while it has none.")
    active: bool = Field(description="Whether something may still happen by itself or by a word.")
    pull_request: int | None
    spent_usd: float = Field(description="What its calls of models cost so far.")
    started_at: datetime
    changed_at: datetime = Field(description="Time of its last event.")


class RunList(Answer):
    """A page of runs: active ones first, then history, the newest first."""

    runs: tuple[RunBrief, ...]
    total: int = Field(description="Runs on all pages.")
    page: int
    pages: int
    size: int = Field(description="Rows a page, at most 200.")
    as_of: float = Field(description="Seconds since 1970: carried to later pages, so that none is listed twice.")
    next: str | None = Field(description="Path of the next page; null on the last one.")
    advice: str = Field(description="What to do where there is no such page; else empty.")


class Headline(Answer):
    """The one thing to know of a run."""

    why: str = Field(description="Why it stands where it does.")
    next: str = Field(description="What happens next.")
    can: str = Field(description="The one thing that a person can do.")
    reply: str = Field(description="What to write as a comment on GitHub for that; empty where there is no such word.")
    gate: int | None = Field(description="The gate that tells more.")


class TaskBrief(Answer):
    """One task of a run."""

    key: str = Field(examples=["t1"])
    title: str
    state: TaskState
    words: str = Field(description="The state with its reason.")
    batch: int = Field(description="The batch that it belongs to by the plan; 0 = none.")
    needs: tuple[str, ...] = Field(description="Tasks that must be done first.")
    attempts: int
    attempts_allowed: int
    spent_usd: float
    page: str


class GateBrief(Answer):
    """One gate of a run."""

    number: int
    batch: int
    state: GateState
    words: str = Field(description="The state in words.")
    decided_by: Decider | None
    failed: tuple[str, ...] = Field(description="Tasks that had failed.")
    opened_at: datetime
    page: str


class PhaseCost(Answer):
    """What calls of models for one purpose cost."""

    role: str = Field(examples=["coder"])
    phase: str = Field(description="The role in words.")
    calls: int
    input_tokens: int
    output_tokens: int
    seconds: float
    usd: float


class Cost(Answer):
    """Money of a run against its cap, US dollars. The cap belongs to all runs of the issue together."""

    cap_usd: float
    spent_usd: float = Field(description="Spent by all runs of the issue.")
    inherited_usd: float = Field(description="Of it: by earlier runs of the issue.")
    held_usd: float = Field(description="Put aside for calls under way.")
    left_usd: float
    by_phase: tuple[PhaseCost, ...] = Field(description="Calls of this run whose usage is known.")


class RunAnswer(Answer):
    """One run: why it stands where it does, what it consists of, what it cost."""

    id: int
    page: str
    repository: str
    issue: int
    ordinal: int
    kind: Kind
    title: str
    started_by: str
    started_at: datetime
    state: str = Field(description="Where it stands, in words.")
    phase: RunPhase
    outcome: Outcome | None
    headline: Headline
    notes: tuple[str, ...] = Field(description="What else is to know.")
    revision: int = Field(description="Revision of what is approved next: `/otto approve rN` means this number.")
    plan_revision: int = Field(description="Revision of the plan that stands; 0 = there is none yet.")
    head_sha: str = Field(description="The run branch's commit; empty before there is one.")
    base_sha: str
    branch: str
    pull_request: int | None
    tasks: tuple[TaskBrief, ...]
    gates: tuple[GateBrief, ...]
    cost: Cost
    links: tuple[Link, ...] = Field(description="Issue, plan, pull request, branch and checks on GitHub.")
    last_event: int = Field(description="Number of its newest event: ask for events after it.")
    shown: str = Field(description="What the run stands on now, to be sent with a command that was decided on it.")


class EventAnswer(Answer):
    """One event of the ledger, in words."""

    seq: int
    at: datetime
    type: str = Field(description="Otto's own name of it; a later version may know others.")
    words: str
    telling: bool = Field(description="False: it only says how the work is done.")
    task: str = Field(description="The task that it is about; empty = none.")
    gate: int | None
    changed_nothing: str = Field(description="Why it changed nothing; empty = it counted.")


class EventList(Answer):
    """Events in the order in which they happened."""

    run: int
    events: tuple[EventAnswer, ...]
    last: int = Field(description="The number to ask after next time.")
    more: bool = Field(description="Whether there are later ones already.")
