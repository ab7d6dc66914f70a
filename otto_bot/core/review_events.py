"""Events of a review: it was given, taken up in a comment, and answered."""

from __future__ import annotations

from typing import Literal

from otto_bot.core.event_base import Event
from otto_bot.core.reviews import Review


class ReviewGiven(Event):
    """Someone with the right to asked for changes on the run's pull request."""

    type: Literal["ReviewGiven"] = "ReviewGiven"
    review: Review


class ReviewPosted(Event):
    """The comment stands that says what the review becomes."""

    type: Literal["ReviewPosted"] = "ReviewPosted"
    review: int
    comment_id: int


class ReviewAnswered(Event):
    """Each thread of the review has its answer."""

    type: Literal["ReviewAnswered"] = "ReviewAnswered"
    review: int
