"""A job that names an environment with required reviewers waits until one of them has answered."""

import asyncio
from collections.abc import Mapping
from typing import Any

from otto_bot.playground.actions.live import LiveJob
from otto_bot.playground.actions.standing import Standing
from otto_bot.playground.actions.state import RunState


async def let_in(state: RunState, standing: Standing, job: Mapping[str, Any], live: LiveJob) -> bool:
    """Whether the reviewers of the job's environment let it go on; without any, it does at once."""
    environment, reviewers = standing.reviewers(job)
    if not reviewers:
        return True
    answer = state.waits_for(environment)
    live.waits()
    state.attempt.waiting += 1
    if all(other.record.status == "waiting" for other in state.attempt.unfinished()):
        state.set_status("waiting")
    try:
        approved = await asyncio.shield(answer)
    finally:
        state.attempt.waiting -= 1
    if approved:
        live.goes_on()
    state.set_status("in_progress")
    return approved
