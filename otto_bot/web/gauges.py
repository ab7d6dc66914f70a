"""The series that say how far behind the host is, filled anew at each scrape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge

from otto_bot.core.parking import ParkedFor
from otto_bot.core.rights import lacking
from otto_bot.store.granted import Grants
from otto_bot.store.host_facts import HostFacts
from otto_bot.store.pressure import pressure

PARKED: tuple[ParkedFor, ...] = ("github_limit", "runs", "agents", "day")


ALIVE_SECONDS = 10.0
"""So long without a sign of life, and what a worker had in hand is another one's."""


class Gauges:
    """Series of one registry. Those without a label stand at NaN while nobody knows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, what: str, *labels: str) -> Gauge:
            return Gauge(name, what, labels, registry=registry)

        self.delivery = gauge("otto_inbox_oldest_seconds", "Age of the oldest delivery that waits")
        self.effect = gauge("otto_effects_oldest_due_seconds", "Age of the oldest effect that is due and not begun")
        self.runs = gauge("otto_runs", "Runs that are not over, by where they stand", "state")
        self.resting = gauge(
            "otto_runs_resting_oldest_seconds", "Since when nothing happened in the run that rests longest"
        )
        self.parked = gauge("otto_runs_parked", "Runs that a limit holds back, by which", "why")
        self.spent = gauge("otto_spent_today_usd", "US dollars of this day, calls under way at their worst case")
        self.budget = gauge("otto_day_budget_usd", "US dollars that a day allows; +Inf = no limit")
        self.running = gauge("otto_effects_running", "Effects in hand, by kind", "kind")
        self.missing = gauge("otto_missing_permissions", "Permissions that installations have not granted, of all")
        self.mirrors = gauge("otto_mirrors_bytes", "Bytes that mirrors of repositories take, by machine", "host")
        self.workers = gauge("otto_workers", "Workers that gave a sign of life lately")
        self.heartbeat = gauge("otto_worker_heartbeat_age_seconds", "Seconds since a worker's sign of life", "worker")

    def allow(self, usd: float | None) -> None:
        """What a day allows; None = no limit."""
        self.budget.set(math.inf if usd is None else usd)

    def fill(self, engine: sa.Engine, at: datetime) -> None:
        """Read how it stands. Raises StoreUnavailable, and then changes nothing."""
        now, grants = pressure(engine, at), Grants(engine).all()
        self.delivery.set(now.oldest_delivery)
        self.effect.set(now.oldest_effect)
        self.spent.set(now.spent_today)
        self.resting.set(now.longest_rest)
        self.workers.set(sum(age <= ALIVE_SECONDS for age in now.heartbeats.values()))
        _set(self.runs, now.runs)
        _set(self.parked, {**dict.fromkeys(PARKED, 0), **now.parked})
        _set(self.running, now.running)
        _set(self.mirrors, {one.host: one.bytes for one in HostFacts(engine).mirrors()})
        _set(self.heartbeat, now.heartbeats)
        self.missing.set(sum(len(lacking(one.permissions)) for one in grants))

    def forget(self) -> None:
        """The database does not answer: what it said before is not true any more."""
        for gauge in (self.delivery, self.effect, self.spent, self.resting, self.workers):
            gauge.set(math.nan)
        for labelled in (self.runs, self.parked, self.running, self.heartbeat):
            labelled.clear()


def _set(gauge: Gauge, values: Mapping[str, float]) -> None:
    gauge.clear()
    for label, value in values.items():
        gauge.labels(label).set(value)
