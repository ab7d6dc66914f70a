"""A person's review of the run's pull request, and the tasks that it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from otto_bot.core.plan import Criterion, Plan, TaskSpec
from otto_bot.core.values import Frozen, Person

MOST_POINTS = 60
"""Line comments of one review that are read."""
POINTS_A_TASK = 19
"""So many become the criteria of one task, beside the review's own words."""


class ReviewPoint(Frozen):
    """One line comment: where it stands, what it says, and the piece of diff that it is about."""

    id: int
    path: Annotated[str, Field(max_length=500)]
    line: int | None = None
    text: Annotated[str, Field(max_length=4000)]
    hunk: Annotated[str, Field(max_length=2000)] = ""
    url: str = ""
    thread: int = 0
    """The comment that its thread begins with; 0 = it is that one."""

    @property
    def place(self) -> str:
        """File and line, as people write them."""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    @property
    def root(self) -> int:
        """The comment to which an answer is written."""
        return self.thread or self.id


class Review(Frozen):
    """What someone with the right to said about the work. Frozen when it was submitted.

    `left_out` counts line comments beyond MOST_POINTS. `pull_request` is where its threads stand. `head` is, for a
    run that only improves, the unmerged work that it starts from. `answers` counts how often it was answered.
    """

    id: int
    by: Person
    url: str = ""
    sha: str = ""
    body: Annotated[str, Field(max_length=8000)] = ""
    points: Annotated[tuple[ReviewPoint, ...], Field(max_length=MOST_POINTS)] = ()
    left_out: int = 0
    pull_request: int | None = None
    head: str = ""
    state: Literal["given", "posted", "working", "answered"] = "given"
    comment_id: int | None = None
    tasks: tuple[str, ...] = ()
    answers: int = 0
    given_at: datetime | None = None
    """When the run heard of it."""

    @property
    def empty(self) -> bool:
        """Whether it says nothing that could be worked on."""
        return not self.body.strip() and not self.points


def tasks_of(review: Review, keys: Sequence[str]) -> tuple[TaskSpec, ...]:
    """One task, or a chain of several where there are more points than one task can hold.

    `keys` are free task keys, at least `tasks_needed(review)` of them. No model is asked: the criteria are the
    reviewer's own words.
    """
    pieces = list(_pieces(review))
    specs: list[TaskSpec] = []
    for place, (key, points) in enumerate(zip(keys, pieces, strict=False)):
        part = f" ({place + 1} of {len(pieces)})" if len(pieces) > 1 else ""
        specs.append(
            TaskSpec(
                key=key,
                title=f"Take up the review of {review.by.login}{part}"[:120],
                goal=_goal(review, points, first=place == 0),
                files=tuple(dict.fromkeys(point.path for point in points))[:50],
                criteria=_criteria(review, points, first=place == 0),
                depends_on=(specs[-1].key,) if specs else (),
                size="S" if len(points) <= 3 else "M",
            )
        )
    return tuple(specs)


def tasks_needed(review: Review) -> int:
    """How many tasks a review becomes."""
    return len(list(_pieces(review)))


def points_of(review: Review, task: str) -> tuple[ReviewPoint, ...]:
    """The line comments that one of the review's tasks takes up, each at criterion c1, c2, …"""
    pieces = list(_pieces(review))
    return pieces[review.tasks.index(task)] if task in review.tasks[: len(pieces)] else ()


def criterion_of(review: Review, point: ReviewPoint) -> tuple[str, str] | None:
    """Task and criterion that a line comment became; None before its task exists."""
    for task, points in zip(review.tasks, _pieces(review), strict=False):
        for place, one in enumerate(points, 1):
            if one.id == point.id:
                return task, f"c{place}"
    return None


def body_criterion(review: Review) -> tuple[str, str] | None:
    """Task and criterion that the review's own words became; None where it has none, or no task yet."""
    if not review.body.strip() or not review.tasks:
        return None
    return review.tasks[0], f"c{len(next(_pieces(review))) + 1}"


def _pieces(review: Review) -> Iterator[tuple[ReviewPoint, ...]]:
    if not review.points:
        yield ()
    for start in range(0, len(review.points), POINTS_A_TASK):
        yield review.points[start : start + POINTS_A_TASK]


def _criteria(review: Review, points: Sequence[ReviewPoint], *, first: bool) -> tuple[Criterion, ...]:
    found = [
        Criterion(id=f"c{number}", text=_short(f"The review's comment on {point.place} is dealt with: {point.text}"))
        for number, point in enumerate(points, 1)
    ]
    if first and review.body.strip():
        text = _short(f"What the review asks for as a whole is dealt with: {review.body}")
        found.append(Criterion(id=f"c{len(found) + 1}", text=text))
    return tuple(found)


def _short(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= 500 else f"{plain[:499]}…"


def _goal(review: Review, points: Sequence[ReviewPoint], *, first: bool) -> str:
    lines = [f"{review.by.login} reviewed the work and asks for changes. Make exactly these, and nothing else."]
    if first and review.body.strip():
        lines += ["", review.body.strip()[:1500]]
    room = max(120, 2000 // max(1, len(points)))
    lines += ["", *(f"- {point.place}: {' '.join(point.text.split())[:room]}" for point in points)]
    return "\n".join(lines)[:4000]


def plan_of(review: Review) -> Plan:
    """A plan that is nothing but a review's findings."""
    number = tasks_needed(review)
    specs = tasks_of(review, [f"t{place}" for place in range(1, number + 1)])
    return Plan(
        summary=f"What the review of {review.by.login} asks for.",
        mode="single" if number == 1 else "decomposed",
        tasks=specs,
        non_goals=("Anything that the review does not ask for.",),
    )
