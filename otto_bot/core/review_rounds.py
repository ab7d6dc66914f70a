"""How a person's review enters a run: written down, taken up in a comment, worked on when nothing is under way."""

from __future__ import annotations

from datetime import datetime, timedelta

from otto_bot.core import events as e
from otto_bot.core import journey_rounds
from otto_bot.core.additions import add_tasks, moving, next_keys
from otto_bot.core.attempt import TaskState
from otto_bot.core.journeys import JourneyRound, RoundState
from otto_bot.core.reviews import Review, ReviewPoint, points_of, tasks_needed, tasks_of
from otto_bot.core.run import Outcome, Run, RunPhase

OVER = frozenset({Outcome.CANCELLED, Outcome.FAILED})
QUIET = frozenset({Outcome.DONE, Outcome.DONE_PARTIAL, Outcome.NEEDS_HUMAN})
CLOCK_AHEAD = timedelta(minutes=1)
"""A start that lies further ahead than this was written by a clock that was set back since."""
ENDED = frozenset({TaskState.MERGED, TaskState.SKIPPED})


def review_given(run: Run, event: e.ReviewGiven) -> Run:
    """A review counts once; one that came when everything was over changes nothing."""
    review = event.review
    known = any(old.id == review.id for old in run.reviews)
    if known or review.empty or run.pull_request is None or run.landed or run.outcome in OVER or run.plan is None:
        return run
    fresh = review.model_copy(
        update={"state": "given", "tasks": (), "comment_id": None, "answers": 0, "given_at": event.at}
    )
    trouble = {} if run.ended else run.trouble  # somebody is there: what was given up is tried again
    return run.model_copy(update={"reviews": (*run.reviews, fresh), "trouble": trouble})


def review_posted(run: Run, event: e.ReviewPosted) -> Run:
    """People can read what the review becomes."""
    review = _find(run, event.review)
    if review is None or review.state != "given":
        return run
    return run.with_review(review.model_copy(update={"state": "posted", "comment_id": event.comment_id}))


def review_answered(run: Run, event: e.ReviewAnswered) -> Run:
    """Each of its threads has an answer."""
    review = _find(run, event.review)
    if review is None or review.state == "answered":
        return run
    return run.with_review(review.model_copy(update={"state": "answered", "answers": review.answers + 1}))


def _find(run: Run, number: int) -> Review | None:
    return next((review for review in run.reviews if review.id == number), None)


def waiting(run: Run) -> tuple[Review, ...]:
    """Reviews that are taken up in a comment and not worked on yet, oldest first."""
    return tuple(review for review in run.reviews if review.state == "posted")


def meant_since(run: Run, now: datetime) -> datetime:
    """From when on what people say and do is meant for this run.

    A host whose clock was ahead when the run began would hear nobody until then: GitHub's clock says it better.
    """
    ahead = run.started_at > now + CLOCK_AHEAD
    return run.asked_at if ahead and run.asked_at is not None else run.started_at


def last_asked(run: Run, now: datetime) -> datetime:
    """When a person last said that there is something to do: by the start of the run, or by a review."""
    given = [review.given_at for review in run.reviews if review.given_at is not None]
    return max([_word_of(run) or meant_since(run, now), *given])


def before_the_word(run: Run, at: datetime) -> bool:
    """Whether `at`, by GitHub's clock, lies before `/otto improve` asked for this run: what was so then ended the run
    before it at most. GitHub tells whole seconds; in one second the word is the later one."""
    word = _word_of(run)
    return word is not None and at <= word


def _word_of(run: Run) -> datetime | None:
    """When `/otto improve` was said that started the run, by GitHub's clock; None where that is not known."""
    return run.asked_at if run.kind == "improve" else None


def taken_up(run: Run) -> Run:
    """Reviews become tasks as soon as nothing is under way that they would disturb."""
    run = _told_again(run)
    if not waiting(run) or not _quiet(run):
        return run
    one = journey_rounds.current(run)
    if one is not None:
        overtaken = {"state": RoundState.APPLIED, "why": "a review came first", "deadline": None}
        run = run.with_round(one.model_copy(update=overtaken))
    return take(run)


def _told_again(run: Run) -> Run:
    """A task that was left out and is brought back: its threads will be told how it ended then."""
    for review in run.reviews:
        if review.state == "answered" and review.tasks and not run.ended and not _ended(run, review):
            run = run.with_review(review.model_copy(update={"state": "working"}))
    return run


def _ended(run: Run, review: Review) -> bool:
    """Whether each task of a review has come to its end. Of a run that only improves they come with its plan."""
    return all(key in run.tasks and run.tasks[key].state in ENDED for key in review.tasks)


def take(run: Run) -> Run:
    """The run with the tasks of every waiting review, one review after the other."""
    for review in waiting(run):
        specs = tasks_of(review, next_keys(run, tasks_needed(review)))
        run = add_tasks(run, specs, "review")
        run = run.with_review(review.model_copy(update={"state": "working", "tasks": tuple(s.key for s in specs)}))
        run = run.model_copy(update={"journey_grants": run.journey_grants + 1})
    return run


def starts_at_once(run: Run) -> bool:
    """Whether a review that is posted now becomes tasks in the same moment."""
    return _quiet(run) and not waiting(run)


def _quiet(run: Run) -> bool:
    if run.landed or run.hold is not None or run.gate is not None or moving(run) or run.plan is None:
        return False
    if run.phase is RunPhase.DONE:
        return run.outcome in QUIET
    return run.phase is RunPhase.JOURNEYS and _asks(journey_rounds.current(run))


def _asks(one: JourneyRound | None) -> bool:
    """Whether a round waits for a person: a review is a person's word, too."""
    return one is not None and one.state is RoundState.POSTED and one.deadline is None


def answerable(run: Run) -> tuple[Review, ...]:
    """Reviews whose tasks have come to their end, or whose run has, and whose threads have no answer yet."""
    over = run.ended and not run.stopping
    return tuple(
        review
        for review in run.reviews
        if (review.state == "working" and _ended(run, review))
        or (review.state in ("given", "posted", "working") and over and run.outcome is not Outcome.DONE)
        or (review.state in ("given", "posted", "working") and run.landed)
    )


def asked_of(run: Run, task: str) -> tuple[str, tuple[ReviewPoint, ...]]:
    """What a review's task takes up: the review's own words (its first task alone) and line comments."""
    review = next((review for review in run.reviews if task in review.tasks), None)
    if review is None:
        return "", ()
    return review.body if task == review.tasks[0] else "", points_of(review, task)
