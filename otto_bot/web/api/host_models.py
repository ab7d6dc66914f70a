"""The shape of insight and health in the API."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from otto_bot.web.api.base import Answer


class Counted(Answer):
    """A part of what the heart counted; what it counts besides is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


class Spread(Counted):
    """Values in US dollars or seconds: how many, their sum, median and 95th percentile."""

    count: int
    total: float
    p50: float
    p95: float


class Tally(Counted):
    """Attempts that a decision reopened. `failed` are the wasted ones."""

    reopened: int
    passed: int
    failed: int
    not_charged: int = Field(description="Of those that failed: nobody's fault here.")
    open: int = Field(description="Without a result yet.")


class DeciderCounts(Counted):
    """What one decider's decisions were worth."""

    gates: int
    attempts: Tally
    reruns: int
    reruns_passed: int
    skips: int
    wrong_skips: int = Field(description="Left out by it, brought back by a person, then merged.")
    asked: int
    answered: int
    held: int
    held_went_on: int
    usd: Spread
    seconds: Spread


class EstimateTally(Counted):
    """Runs at their end against their estimates."""

    runs: int
    inside: int
    below: int
    above: int
    of_high: float
    of_middle: float
    worst: float


class EstimatedRun(Counted):
    """What one run was said to cost, and what it cost, US dollars."""

    run: int
    low: float
    high: float
    actual: float


class WeekCounts(Counted):
    """One week, from Monday, UTC."""

    week: str = Field(description="Its Monday.", examples=["2026-11-23"])
    gates: int
    attempts: Tally
    usd: float
    seconds: float


class InsightAnswer(Answer):
    """What decisions and estimates were worth: counts of what happened, over the newest runs."""

    repository: str = Field(description="Empty = every repository that may be seen.")
    at: datetime = Field(description="When it was counted, at most a minute ago.")
    counted_over: int = Field(description="The newest runs that were looked at, at most.")
    runs: int = Field(description="Of them: runs with a decided gate.")
    gates: int
    deciders: dict[str, DeciderCounts] = Field(description="By `pilot`, `replan`, `rules` and `human`.")
    causes: dict[str, Tally]
    classes: dict[str, Tally]
    estimates: EstimateTally
    estimated_runs: tuple[EstimatedRun, ...] = Field(description="The newest runs at their end, the newest last.")
    weeks: tuple[WeekCounts, ...] = Field(description="Weeks with a gate, the newest last.")


class Queue(Answer):
    """What waits, by state, and how old the oldest one that waits is."""

    states: dict[str, int]
    oldest_seconds: float


class Worker(Answer):
    """A process that does the work."""

    name: str
    host: str
    version: str
    heard_seconds_ago: float
    stopping: bool
    alive: bool = Field(description="Whether it was heard within 30 seconds.")


class Installation(Answer):
    """GitHub's limits of one installation, as they were told last."""

    id: int
    accounts: tuple[str, ...] = Field(description="Owners of its repositories that have runs.")
    limit: int | None = Field(description="Requests an hour that GitHub allows; null = not told yet.")
    remaining: int | None
    resets_at: datetime | None
    closed_until: datetime | None = Field(description="Nothing is sent before this time.")
    closed_why: str
    parked: dict[str, int] = Field(description="Runs that a limit holds back, by which.")


class Advice(Answer):
    """Something that is not as it should be."""

    about: str
    words: str
    advice: str


class HealthAnswer(Answer):
    """The host: what arrives, what waits, who works, which limits hold something back."""

    at: datetime
    version: str
    schema_version: str
    database_bytes: int | None = Field(description="Null where the database does not tell.")
    deliveries: Queue
    redelivered: int = Field(description="Deliveries that were asked for again, ever.")
    steps: Queue
    runs: dict[str, int] = Field(description="Runs that are not over: `working`, `waiting` and `resting`.")
    workers: tuple[Worker, ...]
    installations: tuple[Installation, ...]
    spent_today_usd: float = Field(description="Of this day (UTC), calls under way at their worst case.")
    troubles: tuple[Advice, ...] = Field(description="Empty = all is well.")
