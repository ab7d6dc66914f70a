"""A person's review: one comment that says what it becomes, and one answer in each of its threads when that is done."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.attempt import TaskState
from otto_bot.core.effects import Effect
from otto_bot.core.events import ReviewAnswered, ReviewPosted, RunEvent
from otto_bot.core.reviews import Review
from otto_bot.core.run import Run
from otto_bot.github.errors import Forbidden, NotFound, Refused
from otto_bot.github.models import Target, ThreadAnswer
from otto_bot.jobs.context import Context
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.markers import marker
from otto_bot.text.review import review_answer, review_comment, thread_answer


async def post_review(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """ReviewPosted: the comment stands, and each line comment shows that it was seen."""
    review = _review(run, effect.number)
    if review is None or run.pull_request is None or review.state != "given":
        return []
    body = review_comment(run, review, context.links(run))
    name = marker(run.id, f"review/{review.id}")
    ref = await context.repository(run).upsert_comment(run.pull_request, name, body, review.comment_id)
    await _seen(context, run, review)
    return [ReviewPosted(at=context.now(), review=review.id, comment_id=ref.id)]


async def _seen(context: Context, run: Run, review: Review) -> None:
    """A courtesy: what GitHub refuses here holds nothing up."""
    for point in review.points:
        try:
            await context.repository(run).react(Target(kind="review_comment", id=point.id), "eyes")
        except (NotFound, Forbidden, Refused):
            continue


async def answer_review(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """ReviewAnswered: each thread has one answer, the review's own words another; then its author is asked again."""
    review = _review(run, effect.number)
    if review is None or review.state == "answered":
        return []
    number = review.pull_request or run.pull_request
    if number is not None:
        await _answer(context, run, review, number)
        await _ask_again(context, run, review)
    return [ReviewAnswered(at=context.now(), review=review.id)]


async def _answer(context: Context, run: Run, review: Review, number: int) -> None:
    links, repository = context.links(run), context.repository(run)
    answers = [
        ThreadAnswer(
            thread=point.root,
            marker=marker(run.id, f"review/{review.id}/{point.id}"),
            body=thread_answer(run, review, point, links),
        )
        for point in review.points
    ]
    if answers:
        await repository.answer_threads(number, answers)
    if review.body.strip():
        body = review_answer(run, review, links)
        await repository.upsert_comment(number, marker(run.id, f"review/{review.id}/answer"), body)


async def _ask_again(context: Context, run: Run, review: Review) -> None:
    """Only when all that they asked for is done, and on the pull request that has it."""
    done = review.tasks and all(run.tasks[key].state is TaskState.MERGED for key in review.tasks if key in run.tasks)
    if not done or run.pull_request is None or run.landed:
        return
    pull = await context.repository(run).pull_request(run.pull_request)
    if review.by.login in pull.asked:
        return
    try:
        await context.repository(run).request_review(run.pull_request, [review.by.login])
    except (Refused, Forbidden, NotFound):
        # They cannot review here any more (they left, or it is their own): the answers stand in their threads.
        return


def _review(run: Run, number: int) -> Review | None:
    return next((review for review in run.reviews if review.id == number), None)
