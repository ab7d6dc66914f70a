"""Open the run's pull request again, after somebody closed it and the run was told to go on."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.effects import Effect
from otto_bot.core.events import PullRequestClosed, PullRequestReopened, RunEvent
from otto_bot.core.run import Run
from otto_bot.github.errors import Refused
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.refusals import not_reopened


async def reopen(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """PullRequestReopened, also where somebody was faster; PullRequestClosed where somebody merged it meanwhile."""
    repository = context.repository(run)
    pull = await repository.pull_request(effect.number)
    if pull.merged:
        return [PullRequestClosed(at=context.now(), merged=True)]
    if pull.state == "closed":
        try:
            await repository.reopen_pull_request(effect.number)
        except Refused as error:
            raise NeedsPerson(not_reopened(effect.number, run.run_branch, error.message), "reopen") from None
    return [PullRequestReopened(at=context.now())]
