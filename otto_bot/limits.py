"""`otto-bot limits`: what of the day is used, and which runs a limit holds back, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

import sqlalchemy as sa

from otto_bot.core.allowance import day_ends, day_of
from otto_bot.settings import read_store_settings
from otto_bot.store import allowance
from otto_bot.store import tables as t
from otto_bot.store.database import open_existing, reading

SCHEMA = 1


def limits(out: TextIO, environment: Mapping[str, str], now: datetime) -> int:
    """The command; returns the exit code. Raises SettingsError and StoreUnavailable."""
    settings = read_store_settings(environment)
    engine = open_existing(settings.database)
    try:
        told = {"schema": SCHEMA, "allowed": settings.day.model_dump(mode="json"), **_used(engine, now)}
    finally:
        engine.dispose()
    print(json.dumps(told, indent=1), file=out)
    return 0


def _used(engine: sa.Engine, at: datetime) -> dict[str, Any]:
    now = at.timestamp()
    row = t.runs.c
    parked = sa.select(row.id, row.installation_id, row.parked, row.parked_reason, row.parked_until)
    with reading(engine) as c:
        money = allowance.spent_on(c, day_of(now))
        begun = allowance.begun_on(c, now)
        held = c.execute(parked.where(row.parked > "").order_by(row.id)).all()
    return {
        "day_ends": _time(day_ends(now)),
        "usd": round(sum(money.values()), 6),
        "usd_by_installation": {str(one): round(usd, 6) for one, usd in sorted(money.items())},
        "runs_by_repository": {str(one): number for one, number in sorted(begun.repositories.items())},
        "runs_by_person": {str(one): number for one, number in sorted(begun.persons.items())},
        "parked": [
            {"run": one.id, "installation": one.installation_id, "why": one.parked, "reason": one.parked_reason,
             "until": _time(one.parked_until) if one.parked_until else None}
            for one in held
        ],
    }  # fmt: skip


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
