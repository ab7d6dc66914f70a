"""The coder's journal in the store."""

from __future__ import annotations

import asyncio

from otto_bot.core.values import stored_json
from otto_bot.jobs.context import Context
from otto_bot.model.journal import Turn


class StoredJournal:
    """Durable turns; what a model paid for is never paid again."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def turns(self, key: str) -> list[Turn]:
        """Recorded turns, in order."""
        bodies = await asyncio.to_thread(self._context.archive.turns, key)
        return [Turn.model_validate_json(body) for body in bodies]

    async def save(self, key: str, turn: Turn) -> None:
        """Record a turn, redacted; durable when this returns."""
        body = self._context.redactor.text(stored_json(turn)).encode()
        await asyncio.to_thread(lambda: self._context.archive.save_turn(key, turn.number, body, self._context.now()))
