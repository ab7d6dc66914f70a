"""Ends a worker whose database a newer version has changed so that this one may not use it any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import sqlalchemy as sa

from otto_bot.store.database import NewerDatabase, understood
from otto_bot.store.versions import CODE_VERSION

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0


class Outdated:
    """Called every LOOK_SECONDS. What is in hand goes to a newer worker, as with every worker that ends."""

    def __init__(self, engine: sa.Engine, end: Callable[[], None], version: int = CODE_VERSION) -> None:
        self._engine = engine
        self._end = end
        self._version = version

    async def __call__(self) -> None:
        """One look. Raises StoreUnavailable."""
        try:
            await asyncio.to_thread(understood, self._engine, self._version)
        except NewerDatabase as error:
            log.error("this worker ends: %s", error)  # noqa: TRY400 - no traceback: it was not this process's mistake
            self._end()
