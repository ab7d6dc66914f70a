"""`otto-bot worker --check`: whether a worker of this machine, or this container, says that it lives."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from otto_bot.store.clock import Clock
from otto_bot.store.database import open_existing
from otto_bot.store.effect_rows import LEASE_SECONDS
from otto_bot.store.worker_rows import WorkerRows


def check(url: str, host: str, say: Callable[[str], None]) -> int:
    """The exit code: 0 one was heard within the time in which it keeps its work, 1 none was.

    Times are the database's. Raises StoreUnavailable.
    """
    engine = open_existing(url)
    try:
        clock = Clock(engine, lambda: datetime.now(UTC), time.monotonic)
        clock.sync()
        now = clock().timestamp()
        here = [row for row in WorkerRows(engine).all() if row.host == host]
    finally:
        engine.dispose()
    heard = max(here, key=lambda row: row.heartbeat_at, default=None)
    if heard is None:
        say(f"no worker of {host} has arrived")
        return 1
    ago = max(0.0, now - heard.heartbeat_at)
    say(f"{heard.name}, version {heard.version}: heard {ago:.0f} s ago")
    return 0 if ago <= LEASE_SECONDS else 1
