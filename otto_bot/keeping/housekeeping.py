"""Retention by itself: once a day for the database by one leader, every hour for the folders of each machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from otto_bot.keeping.collect import Forget, Retention, collect, collect_files
from otto_bot.store.archive import Archive
from otto_bot.store.sweep import Removed

log = logging.getLogger(__name__)

LOOK_SECONDS = 300.0
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
CURSOR = "gc"


class Housekeeping:
    """Called every LOOK_SECONDS; does nothing in the first ones, when a worker has other things to do."""

    def __init__(
        self,
        engine: sa.Engine,
        kept: Retention,
        forget: Forget,
        leads: Callable[[datetime], bool],
        stopping: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._kept = kept
        self._forget = forget
        self._leads = leads
        self._stopping = stopping
        self._now = now
        self._archive = Archive(engine)
        self._files_at = now() + timedelta(seconds=LOOK_SECONDS)
        self._begun = now()

    async def __call__(self) -> None:
        """One look."""
        await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Sweep what is due. It is left where the worker stops in the middle, and done again the next time."""
        at = self._now()
        if at < self._begun + timedelta(seconds=LOOK_SECONDS):
            return
        if at >= self._files_at:
            self._files_at = at + HOUR
            self._do(collect_files(self._engine, self._kept, at))
        due = self._leads(at) and self._is_due(at)
        if due and self._do(collect(self._engine, self._kept, at, self._forget)):
            self._archive.set_cursor(CURSOR, at.isoformat())

    def _is_due(self, at: datetime) -> bool:
        last = self._archive.cursor(CURSOR)
        # One that lies ahead was written by a clock that was set back since.
        return last is None or not timedelta(0) <= at - datetime.fromisoformat(last) < DAY

    def _do(self, parts: Iterator[tuple[str, Removed]]) -> bool:
        for what, removed in parts:
            if removed.rows:
                log.info("retention: %s %s removed, %s bytes", removed.rows, what, removed.bytes)
            if self._stopping():
                return False
        return True
