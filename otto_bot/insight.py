"""`otto-bot insight`: what decisions at gates and estimates were worth, over everything that is stored."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TextIO

from otto_bot.core.insight import Counting
from otto_bot.settings import read_store_settings
from otto_bot.store.database import open_existing
from otto_bot.store.gate_records import GateRecords
from otto_bot.text.insight import insight_lines
from otto_bot.text.screen import Look

SCHEMA = 1


class Asked(NamedTuple):
    """What someone wants to know. `since` in days back from now; `repo` is `owner/name`."""

    since: float | None = None
    repo: str = ""
    as_json: bool = False


def insight(asked: Asked, out: TextIO, environment: Mapping[str, str], now: datetime) -> int:
    """The command; returns the exit code. Raises SettingsError and StoreUnavailable."""
    since = None if asked.since is None else now - timedelta(days=asked.since)
    engine = open_existing(read_store_settings(environment).database)
    counting = Counting(since)
    try:
        for run in GateRecords(engine).runs(since):
            if not asked.repo or run.repo.full_name.lower() == asked.repo.lower():
                counting.add(run)
    finally:
        engine.dispose()
    found = counting.result()
    if asked.as_json:
        told = {"schema": SCHEMA, "since": since.isoformat() if since else None, "repo": asked.repo or None}
        print(json.dumps({**told, **found.model_dump(mode="json")}, indent=1), file=out)
    else:
        print("\n".join(insight_lines(found, Look())), file=out)
    return 0


def run(asked: Asked, environment: Mapping[str, str], now: datetime) -> int:
    """The command in this process."""
    return insight(asked, sys.stdout, environment, now)
