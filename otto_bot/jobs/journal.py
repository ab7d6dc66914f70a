"""The coder's journal in the store."""

from __future__ import annotations

import asyncio
import logging

from otto_bot.core.values import stored_json
from otto_bot.jobs.carrying import SessionKept
from otto_bot.jobs.context import Context
from otto_bot.model.journal import Turn

log = logging.getLogger(__name__)


class StoredJournal:
    """Durable turns; what a model paid for is never paid again. `kept` takes along what the turns wrote."""

    def __init__(self, context: Context, kept: SessionKept | None = None) -> None:
        self._context = context
        self._kept = kept

    async def turns(self, key: str) -> list[Turn]:
        """Recorded turns, in order; none where what they wrote was on a machine that is gone, and nowhere else."""
        bodies = await asyncio.to_thread(self._context.archive.turns, key)
        turns = [Turn.model_validate_json(body) for body in bodies]
        last = next((turn.tree for turn in reversed(turns) if turn.tree), "")
        if self._kept is None or not last:
            return turns
        packs = await asyncio.to_thread(self._context.archive.turn_packs, key)
        if await self._kept.brought(last, packs):
            return turns
        log.warning("%s begins anew: what its %s turns wrote is on another machine alone", key, len(turns))
        await asyncio.to_thread(self._context.archive.forget_turns, key)
        return []

    async def save(self, key: str, turn: Turn) -> None:
        """Record a turn, redacted; durable when this returns."""
        body = self._context.redactor.text(stored_json(turn)).encode()
        pack = await self._kept.made(turn.tree) if self._kept is not None else None
        await asyncio.to_thread(
            lambda: self._context.archive.save_turn(key, turn.number, body, self._context.now(), pack=pack)
        )
