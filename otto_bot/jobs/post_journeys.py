"""The comment of a round of journeys: posted, kept up to date, and applied once it stands."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.effects import Effect
from otto_bot.core.events import JourneysApplied, JourneysPosted, Published, RunEvent
from otto_bot.core.journey_rounds import current
from otto_bot.core.journeys import JourneyRound, RoundState
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.core.surfaces import round_digest
from otto_bot.github.models import CommentRef
from otto_bot.jobs.context import Context
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.journeys import journeys_comment
from otto_bot.text.markers import marker


def surface_of_round(number: int) -> str:
    """The surface that shows a round."""
    return f"journeys/n{number}"


async def post_journeys(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """JourneysPosted: from here on what the round decided may count."""
    one = current(run)
    if one is None or one.number != effect.number or one.state is not RoundState.DECIDED:
        return []
    begun = context.now()
    comment = await _write(context, run, one)
    posted = JourneysPosted(
        at=context.now(), round=one.number, revision=one.revision, comment_id=comment.id, url=comment.url,
        begun_at=begun,
    )  # fmt: skip
    after = reduce(run, posted) or run
    digest = round_digest(after, next(r for r in after.journeys if r.number == one.number))
    surface = surface_of_round(one.number)
    return [posted, Published(at=context.now(), surface=surface, digest=digest, github_id=comment.id)]


async def apply_journeys(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """JourneysApplied. The effect's time was the end of the grace; the state machine checks it again."""
    one = current(run)
    if one is None or one.number != effect.number or one.state not in (RoundState.POSTED, RoundState.APPROVED):
        return []
    return [JourneysApplied(at=context.now(), round=one.number, revision=one.revision)]


async def show_round(context: Context, run: Run, surface: str) -> int | None:
    """Write a round's comment as it should be now; its id."""
    one = next((r for r in run.journeys if surface_of_round(r.number) == surface), None)
    return None if one is None else (await _write(context, run, one)).id


async def _write(context: Context, run: Run, one: JourneyRound) -> CommentRef:
    """On the run's pull request; where nothing is written, on the issue."""
    where = run.pull_request or run.issue
    body = journeys_comment(run, one, context.links(run), context.now())
    name = marker(run.id, surface_of_round(one.number))
    return await context.repository(run).upsert_comment(where, name, body, one.comment_id)
