"""Whether webhooks arrive for a run: then GitHub need not be asked often."""

from __future__ import annotations

import asyncio
from datetime import datetime

from otto_bot.core.pauses import hears
from otto_bot.core.run import Run
from otto_bot.jobs.context import Context
from otto_bot.store.looks import heard_name


async def hearing(context: Context, run: Run) -> bool:
    """A webhook of its own, or any delivery of its installation, came lately."""
    now = context.now()
    if hears(run.heard_at, now):
        return True
    value = await asyncio.to_thread(context.archive.cursor, heard_name(run.repo.installation_id))
    return value is not None and hears(datetime.fromisoformat(value), now)
