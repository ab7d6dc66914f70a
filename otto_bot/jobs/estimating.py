"""What a plan may cost, by what earlier runs of the repository, and of this host, have cost."""

from __future__ import annotations

import asyncio

from otto_bot.core import estimates
from otto_bot.core.estimate_values import Estimate
from otto_bot.core.plan import Plan
from otto_bot.core.run import Run
from otto_bot.jobs.context import Context


async def estimated(context: Context, run: Run, plan: Plan) -> Estimate:
    """The range of a plan of this run."""
    return await asyncio.to_thread(_estimated, context, run, plan)


def _estimated(context: Context, run: Run, plan: Plan) -> Estimate:
    coder, repo = run.config.models.coder, run.repo.id
    here = [old for old in context.ledger.lately(repo) if old.id != run.id]
    known = estimates.history(here, repo, coder)
    if not estimates.enough(plan, known):
        known = estimates.history([*here, *context.ledger.lately(repo, elsewhere=True)], repo, coder)
    return estimates.estimate(plan, known)
