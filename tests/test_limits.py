"""`otto-bot limits`: what of the day is used, from what is stored, without any key."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.limits import HostLimits
from otto_bot.core.values import Person, Repo
from otto_bot.limits import limits
from otto_bot.store.database import open_database
from otto_bot.store.ledger import Ledger, Trigger

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")


def test_what_is_used_and_who_waits(database_url: str) -> None:
    engine = open_database(database_url)
    day = HostLimits().day.model_copy(update={"runs_per_repository": 1})
    ledger = Ledger(engine, HostLimits(day=day))
    for issue in (1, 2):
        trigger = Trigger(key=f"k{issue}", repo=REPO, issue=issue, title="T", body="B", actor=Person(id=9, login="a"))
        ledger.start(trigger, HostCaps(), NOON)
    ledger.append(1, [e.MoneyReserved(at=NOON, call="a", usd=4)], NOON)
    engine.dispose()
    out = io.StringIO()
    environment = {"OTTO_DATABASE_URL": database_url, "OTTO_MAX_RUNS_PER_DAY_PER_REPOSITORY": "1",
                   "OTTO_MAX_USD_PER_DAY": "off"}  # fmt: skip

    assert limits(out, environment, NOON) == 0

    told = json.loads(out.getvalue())
    assert told["allowed"] == {
        "usd": None, "usd_per_installation": 200, "runs_per_repository": 1, "runs_per_person": 50
    }  # fmt: skip
    assert (told["usd"], told["usd_by_installation"]) == (4, {"3": 4})
    assert (told["runs_by_repository"], told["runs_by_person"]) == ({"7": 1}, {"9": 1})
    assert [(one["run"], one["why"], one["until"]) for one in told["parked"]] == [
        (2, "day", "2026-11-02T00:00:00+00:00")
    ]
