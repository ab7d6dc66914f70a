"""Answers about the host and about what decisions were worth: pure functions over what was counted."""

from __future__ import annotations

from datetime import datetime

from otto_bot.store.host_facts import InstallationFacts
from otto_bot.store.run_pages import SILENT_SECONDS
from otto_bot.text.spoken import line
from otto_bot.web.api.base import when
from otto_bot.web.api.host_models import (
    Advice,
    DeciderCounts,
    EstimatedRun,
    EstimateTally,
    HealthAnswer,
    InsightAnswer,
    Installation,
    Queue,
    Tally,
    WeekCounts,
    Worker,
)
from otto_bot.web.counted import CountedRuns
from otto_bot.web.views.troubles import HostSeen, troubles


def insight_answer(found: CountedRuns) -> InsightAnswer:
    """What was counted."""
    counted = found.insight
    return InsightAnswer(
        repository=found.repo,
        at=found.at,
        counted_over=found.most,
        runs=counted.runs,
        gates=counted.gates,
        deciders={name: DeciderCounts.model_validate(one) for name, one in counted.deciders.items()},
        causes={name: Tally.model_validate(one) for name, one in counted.causes.items()},
        classes={name: Tally.model_validate(one) for name, one in counted.classes.items()},
        estimates=EstimateTally.model_validate(counted.estimates.all),
        estimated_runs=tuple(EstimatedRun.model_validate(one) for one in found.estimated),
        weeks=tuple(WeekCounts.model_validate(one) for one in found.weeks),
    )


def health_answer(found: HostSeen, now: datetime) -> HealthAnswer:
    """The host."""
    at, pressure = now.timestamp(), found.pressure
    return HealthAnswer(
        at=now,
        version=found.version,
        schema_version=found.database.schema_version,
        database_bytes=found.database.size,
        deliveries=Queue(states=dict(found.deliveries), oldest_seconds=round(pressure.oldest_delivery, 3)),
        redelivered=found.redelivered.total,
        steps=Queue(states=dict(found.effects), oldest_seconds=round(pressure.oldest_effect, 3)),
        runs=pressure.runs,
        workers=tuple(
            Worker(
                name=line(one.name, 80), host=line(one.host, 120), version=line(one.version, 40),
                heard_seconds_ago=round(max(0.0, at - one.heartbeat_at), 3), stopping=one.stopping,
                alive=at - one.heartbeat_at <= SILENT_SECONDS,
            )
            for one in found.workers
        ),
        installations=tuple(_installation(one) for one in found.installations),
        spent_today_usd=round(pressure.spent_today, 6),
        troubles=tuple(Advice(about=one.about, words=one.words, advice=one.advice) for one in troubles(found, now)),
    )  # fmt: skip


def _installation(one: InstallationFacts) -> Installation:
    quota = one.quota
    return Installation(
        id=one.id,
        accounts=one.accounts,
        limit=quota.limit if quota is not None else None,
        remaining=quota.remaining if quota is not None else None,
        resets_at=when(quota.reset) if quota is not None else None,
        closed_until=when(one.closed_until) if one.closed_until else None,
        closed_why=line(one.closed_why),
        parked=one.parked,
    )
