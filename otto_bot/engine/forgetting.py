"""The queue forgets jobs that ended long ago, through its own public client."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from otto_bot.engine.queue import sqlite_module

BATCH = 200
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


def forget(url: str, before: datetime, *, dry: bool = False) -> int:
    """How many jobs ended before this time and are deleted. A generation that ended is never asked for again."""
    parsed = sa.make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and not Path(parsed.database or "").is_file():
        return 0
    from dbos import DBOSClient

    engine = sa.create_engine(parsed, **sqlite_module(url)) if sqlite else None
    client = DBOSClient(system_database_url=url, system_database_engine=engine)
    try:
        return _count(client, before) if dry else _delete(client, before)
    finally:
        client.destroy()
        if engine is not None:
            engine.dispose()


def _page(client: Any, before: datetime, offset: int) -> list[str]:
    found = client.list_workflows(
        status=ENDED, end_time=before.isoformat(), limit=BATCH, offset=offset, load_input=False, load_output=False
    )
    return [one.workflow_id for one in found]


def _delete(client: Any, before: datetime) -> int:
    number = 0
    while ids := _page(client, before, 0):
        client.delete_workflows(ids)
        number += len(ids)
    return number


def _count(client: Any, before: datetime) -> int:
    number = 0
    while ids := _page(client, before, number):
        number += len(ids)
    return number
