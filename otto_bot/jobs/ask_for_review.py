"""Ask the labeller to review what is done: once for what stands there now."""

from __future__ import annotations

from otto_bot.core.run import Run
from otto_bot.github.errors import Forbidden, NotFound, Refused
from otto_bot.github.models import PullRequest
from otto_bot.jobs.context import Context


async def ask_for_review(context: Context, run: Run, pull: PullRequest) -> None:
    """`pull` as it is now. Who was asked already, or has reviewed this very head, is not called again."""
    login, repository = run.actor.login, context.repository(run)
    if login in pull.asked:
        return
    given = await repository.reviews(pull.number)
    if any(review.author_login == login and review.commit_id == pull.head_sha for review in given):
        return
    try:
        await repository.request_review(pull.number, [login])
    except (Refused, Forbidden, NotFound):
        # They cannot review here (it is their own, or they left); the pull request names them anyway.
        return
