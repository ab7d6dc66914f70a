"""`gc`: deletes what is older than retention allows, in small steps, and counts what went."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from otto_bot.git.upkeep import tidy
from otto_bot.keeping.files import Files, alone
from otto_bot.keeping.mirrors import GIB, make_room, told
from otto_bot.settings import StoreSettings
from otto_bot.store.database import open_database, open_existing
from otto_bot.store.sweep import Removed, Sweep, tidy_file

DELIVERIES = timedelta(days=7)
"""Deliveries that are worked in say nothing more; GitHub offers them again for three days at most."""
JOBS = timedelta(days=2)
WORKERS = timedelta(days=1)
LOGS = timedelta(days=7)
"""Copies of logs that pages show: GitHub has them for longer."""


@dataclass(frozen=True)
class Retention:
    """How long what belongs to runs is kept after they ended, and where it is."""

    database: str
    state: Path
    days: float
    mirrors: int | None = None
    """Bytes that mirrors may take on this machine; None = as many as there are."""
    host: str = ""
    """The name of this machine."""


def retention(settings: StoreSettings, host: str) -> Retention:
    """As the host's settings say."""
    cap = int(settings.mirrors_gib * GIB)
    return Retention(settings.database, settings.state_dir.absolute(), settings.keep_days, cap, host)


Forget = Callable[[datetime, bool], int]
"""Deletes (or, dry, counts) jobs of the queue that ended before a time."""


def collect(
    engine: sa.Engine, kept: Retention, at: datetime, forget: Forget, *, dry: bool = False
) -> Iterator[tuple[str, Removed]]:
    """What went, by kind, as it goes. May be stopped anywhere. Raises StoreUnavailable."""
    sweep, old = Sweep(engine, dry=dry), at - timedelta(days=kept.days)
    yield "deliveries", sweep.deliveries(at - DELIVERIES)
    yield from sweep.runs(old).items()
    yield "spending", sweep.spending(old)
    yield "artifacts", sweep.artifacts(old)
    yield "cursors", sweep.cursors()
    yield "workers", sweep.workers(at - WORKERS)
    yield "jobs of the queue", Removed(forget(at - JOBS, dry))
    if not dry:
        tidy_file(engine)


def collect_files(
    engine: sa.Engine, kept: Retention, at: datetime, *, dry: bool = False
) -> Iterator[tuple[str, Removed]]:
    """The same for the folders of this machine; nothing where someone else is at it."""
    with alone(kept.state) as free:
        if free:
            files = Files(kept.state, engine, dry=dry)
            yield "workspaces", files.workspaces(at)
            yield "mirrors", files.mirrors(at - timedelta(days=kept.days))
            if kept.mirrors is not None:
                yield "mirrors, for room (OTTO_MIRRORS_GIB)", room_for(engine, kept, at, dry=dry)
            if not dry:
                yield "packs of mirrors", Removed(*tidy(kept.state))
            yield "logs", files.logs(at - min(LOGS, timedelta(days=kept.days)), at)


def room_for(engine: sa.Engine, kept: Retention, at: datetime, *, dry: bool) -> Removed:
    """Mirrors that are put away so that the others have room; how it stands is written down."""
    assert kept.mirrors is not None
    room, removed = make_room(kept.state, engine, kept.mirrors, at, dry=dry)
    if kept.host and not dry:
        told(engine, kept.host, room, at)
    return removed


def run(kept: Retention, at: datetime, forget: Forget, say: Callable[[str], None], *, dry: bool) -> int:
    """The command: one line a kind that had something, and a sum. Raises StoreUnavailable."""
    open_existing(kept.database).dispose()
    engine, total = open_database(kept.database), Removed()
    would = "would be removed" if dry else "removed"
    try:
        for part in (collect(engine, kept, at, forget, dry=dry), collect_files(engine, kept, at, dry=dry)):
            for what, removed in part:
                if removed.rows:
                    say(f"{what}: {removed.rows:,} {would}, {removed.bytes:,} bytes")
                total = total.plus(removed)
    finally:
        engine.dispose()
    say(f"in all {total.rows:,} {would}, {total.bytes:,} bytes; kept: what belongs to runs for {kept.days:g} days")
    return 0
