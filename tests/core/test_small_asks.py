"""Questions to people and people's reviews: which words for which fault, and how much of them is kept."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest
from pydantic import ValidationError

from otto_bot.core import asks
from otto_bot.core.decision import Action, Move
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.reviews import (
    Review,
    ReviewPoint,
    body_criterion,
    criterion_of,
    plan_of,
    points_of,
    tasks_needed,
    tasks_of,
)


def failure(cause: Cause, **changes: Any) -> Failure:
    return b.failure("t1", cause=cause, fingerprint="", **changes)


def test_the_longest_question_fits_a_move() -> None:
    """A question of one letter more would be refused, and nobody would be asked."""
    for length, fits in [(asks.LIMIT, True), (asks.LIMIT + 1, False)]:
        try:
            fine = bool(Move(task="t1", action=Action.ASK, question="x" * length))
        except ValidationError:
            fine = False
        assert fine is fits


OUTSIDE = ["billing", "permission", "action_required", "no_ci", "infra", "never_started", "cancelled", "systemic"]


@pytest.mark.parametrize("cause", [*Cause])
@pytest.mark.parametrize("phase", [*Phase])
def test_only_what_is_no_fault_of_the_code_is_tried_again_on_the_same_commit(cause: Cause, phase: Phase) -> None:
    """Else a coder would be paid for what a click mends, or a broken commit would be asked about for ever."""
    again = cause.value in OUTSIDE and phase in (Phase.VERIFY, Phase.INTEGRATION)
    one = failure(cause, phase=phase)
    assert asks.again_on_the_same_commit(one) is again
    plain = again or cause in (Cause.PROVIDER_ERROR, Cause.PUSH_REJECTED, Cause.BASE_RED)
    answer = " -- put the test back" if cause is Cause.TESTS_WEAKENED else " -- your answer"
    assert asks.reply_for("t1", one) == "/otto retry t1" + ("" if plain else answer)


def test_without_a_failure_an_answer_is_asked_for() -> None:
    assert not asks.again_on_the_same_commit(None)
    assert asks.reply_for("t1", None) == "/otto retry t1 -- your answer"


def _excerpt(name: str, line: int | None = None) -> Excerpt:
    return Excerpt(kind="diff", source=name, text="x", first_line=line)


@pytest.mark.parametrize(
    ("places", "hits", "words"),
    [
        ([("a.py", 3)], 1, "(`a.py` line 3; the"),
        ([("a.py", None)], 1, "(`a.py`; the"),
        ([("a.py", 3), ("b.py", 4)], 2, "(`a.py` line 3, `b.py` line 4; the"),
        ([("a.py", 3)], 2, "(`a.py` line 3 and 1 more; the"),
        ([("a", 1), ("b", 1), ("c", 1)], 3, "(`a` line 1, `b` line 1, `c` line 1; the"),
        ([("a", 1), ("b", 1), ("c", 1), ("d", 1)], 4, "(`a` line 1, `b` line 1, `c` line 1 and 1 more; the"),
        ([("a b", 1)], 2, "(2 places; the"),
        ([], 3, "(3 places; the"),
        ([("a b", 1), ("c", 2)], 2, "(`c` line 2 and 1 more; the"),
    ],
)
def test_a_person_is_shown_where_checks_prove_less(places: list[tuple[str, int | None]], hits: int, words: str) -> None:
    """Up to three places by name; a name that is no plain path is counted, not written into the question."""
    found = failure(
        Cause.TESTS_WEAKENED,
        excerpts=tuple(_excerpt(*place) for place in places),
        hits=tuple(f"h{number}" for number in range(hits)),
    )
    question = asks.ask_for_help("t1", found)
    assert question is not None
    assert words in question
    assert "`/otto accept t1`" in question
    assert "`/otto retry t1 -- put the test back`" in question


def test_where_no_place_is_known_nobody_is_asked_to_accept_it() -> None:
    assert asks.ask_for_help("t1", failure(Cause.TESTS_WEAKENED)) is None


@pytest.mark.parametrize(
    ("cause", "changes", "words"),
    [
        (Cause.BILLING, {}, "account's billing"),
        (Cause.PERMISSION, {}, "lacks a right"),
        (Cause.PERMISSION, {"detail": "Action Not Allowed"}, "does not allow an action"),
        (Cause.PERMISSION, {"detail": "x is not allowed to be used in y"}, "does not allow an action"),
        (Cause.PERMISSION, {"signals": ("a", "not allowed by the organisation")}, "does not allow an action"),
        (Cause.PERMISSION, {"signals": ("Environment protection rules",)}, "environment's rules"),
        (Cause.PERMISSION, {"detail": "SAML enforcement"}, "single sign-on"),
        (Cause.ACTION_REQUIRED, {}, "Approve and run"),
        (Cause.ACTION_REQUIRED, {"fingerprint": "environment"}, "Review deployments"),
        (Cause.ACTION_REQUIRED, {"detail": "Environment prod"}, "Review deployments"),
        (Cause.ACTION_REQUIRED, {"detail": "Workflow file issue"}, "refuses the workflow file"),
        (Cause.NO_CI, {"conclusion": "no_ci:workflow_disabled@ci.yml"}, "The workflow `ci.yml` is disabled"),
        (Cause.NO_CI, {"conclusion": "no_ci:path_filter"}, "The path filter of of this repository"),
        (Cause.NO_CI, {"conclusion": "x"}, "No workflow ran for this commit"),
        (Cause.NO_CI, {"conclusion": "x", "fingerprint": "neutral:1"}, "Every job of of this repository was skipped"),
        (Cause.TEST, {}, None),
    ],
)
def test_each_fault_asks_for_the_click_that_mends_it(cause: Cause, changes: dict[str, Any], words: str | None) -> None:
    found = failure(cause).model_copy(update=changes)
    question = asks.ask_for_help("t1", found)
    if words is None:
        assert question is None
    else:
        assert question is not None
        assert words in question
        assert question.endswith("Then reply `/otto retry t1`.")


def test_where_the_money_is_used_up_the_question_is_about_money() -> None:
    assert asks.ask_for_help("t1", failure(Cause.BUDGET)) == asks.MONEY


@pytest.mark.parametrize(("length", "shown"), [(79, 79), (80, 80), (81, 80)])
def test_a_long_name_of_a_workflow_is_cut(length: int, shown: int) -> None:
    found = failure(Cause.NO_CI, conclusion=f"no_ci:skipped@{'w' * length}")
    assert f"`{'w' * shown}`" in (asks.ask_for_help("t1", found) or "")


@pytest.mark.parametrize(("length", "whole"), [(79, True), (80, True), (81, False)])
def test_a_long_path_is_counted_and_not_shown(length: int, whole: bool) -> None:
    found = failure(Cause.TESTS_WEAKENED, excerpts=(_excerpt("p" * length, 1),), hits=("h",))
    assert (f"`{'p' * length}` line 1" in (asks.ask_for_help("t1", found) or "")) is whole


@pytest.mark.parametrize(("length", "shown"), [(199, 199), (200, 200), (201, 200)])
def test_a_conflict_is_told_in_short(length: int, shown: int) -> None:
    words = asks.ask_after_retries("t1", failure(Cause.MERGE_CONFLICT, detail="d" * length), 2)
    assert f"newer work 2 times ({'d' * shown}). Which" in words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("protected: x: y", "rule of the repository"),
        ("workflow_scope", "change workflow files"),
        ("missing_rights:", "may not push"),
        ("other: protected", "GitHub refuses the push"),
    ],
)
def test_why_a_push_is_refused_stands_before_the_first_colon(detail: str, words: str) -> None:
    assert words in asks.ask_about_push("t1", failure(Cause.PUSH_REJECTED, detail=detail))


def review(points: int = 0, body: str = "All in all.", **changes: Any) -> Review:
    made = tuple(ReviewPoint(id=n, path=f"a{n}.py", line=n, text=f"do {n}") for n in range(1, points + 1))
    return Review(**{"id": 7, "by": b.ANNA, "body": body, "points": made, **changes})


def point(**changes: Any) -> ReviewPoint:
    return ReviewPoint.model_validate({"id": 3, "path": "a.py", "text": "do", **changes})


@pytest.mark.parametrize(("line", "place"), [(None, "a.py"), (0, "a.py:0"), (8, "a.py:8")])
def test_a_comment_stands_at_a_file_or_a_line(line: int | None, place: str) -> None:
    assert point(line=line).place == place


@pytest.mark.parametrize(("thread", "root"), [(None, 3), (0, 3), (1, 1), (9, 9)])
def test_an_answer_goes_to_where_the_thread_begins(thread: int | None, root: int) -> None:
    assert point(**({} if thread is None else {"thread": thread})).root == root


@pytest.mark.parametrize(
    ("body", "points", "empty"), [("", 0, True), (" \n", 0, True), ("x", 0, False), ("", 1, False), ("x", 1, False)]
)
def test_a_review_that_says_nothing_is_empty(body: str, points: int, empty: bool) -> None:
    assert review(points, body).empty is empty


def test_a_review_begins_unanswered_and_whole() -> None:
    bare = Review(id=1, by=b.ANNA)
    assert (bare.left_out, bare.answers, bare.state, bare.tasks) == (0, 0, "given", ())
    assert (bare.comment_id, bare.pull_request, bare.given_at) == (None, None, None)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, [0]),
        (1, [1]),
        (18, [18]),
        (19, [19]),
        (20, [19, 1]),
        (38, [19, 19]),
        (39, [19, 19, 1]),
        (60, [19, 19, 19, 3]),
    ],
)
def test_nineteen_comments_make_a_task(count: int, sizes: list[int]) -> None:
    """With the review's own words that is as many criteria as a task can have."""
    given = review(count)
    keys = [f"t{number}" for number in range(4, 4 + len(sizes))]
    made = tasks_of(given, keys)
    assert tasks_needed(given) == len(sizes) == len(made)
    assert [len(task.criteria) for task in made] == [size + (place == 0) for place, size in enumerate(sizes)]
    assert [task.depends_on for task in made] == [(), *((key,) for key in keys[:-1])]
    parts = [f" ({place} of {len(sizes)})" if len(sizes) > 1 else "" for place in range(1, len(sizes) + 1)]
    assert [task.title for task in made] == [f"Take up the review of anna{part}" for part in parts]
    assert [task.size for task in made] == ["S" if size <= 3 else "M" for size in sizes]
    assert [task.key for task in plan_of(given).tasks] == [f"t{number}" for number in range(1, len(sizes) + 1)]
    taken = given.model_copy(update={"tasks": tuple(keys)})
    assert [len(points_of(taken, key)) for key in keys] == sizes
    assert points_of(taken, "t99") == ()
    found = [criterion_of(taken, one) for one in given.points]
    assert found == [(key, f"c{n}") for key, size in zip(keys, sizes, strict=True) for n in range(1, size + 1)]
    assert body_criterion(taken) == (keys[0], f"c{sizes[0] + 1}")
    assert [one.id for one in made[0].criteria] == [f"c{number}" for number in range(1, sizes[0] + 2)]


def test_what_became_of_a_comment_is_known_once_its_task_exists() -> None:
    given = review(1)
    assert criterion_of(given, given.points[0]) is None
    assert body_criterion(given) is None
    assert body_criterion(given.model_copy(update={"tasks": ("t4",), "body": " "})) is None
    assert criterion_of(given.model_copy(update={"tasks": ("t4",)}), point(id=99)) is None


def test_words_of_a_review_are_a_criterion_only_where_there_are_some() -> None:
    made = tasks_of(review(20, " "), ["t1", "t2"])
    assert [len(task.criteria) for task in made] == [19, 1]


@pytest.mark.parametrize(("length", "whole"), [(499, True), (500, True), (501, False)])
def test_a_long_comment_is_shortened_in_its_criterion(length: int, whole: bool) -> None:
    """A criterion of five hundred letters is what a plan can hold; more would make the whole review fail."""
    before = "The review's comment on a.py is dealt with: "
    words = before + "x" * (length - len(before))
    (task,) = tasks_of(review(body="").model_copy(update={"points": (point(text=words[len(before) :]),)}), ["t1"])
    assert task.criteria[0].text == (words if whole else words[:499] + "…")


def test_a_task_of_a_review_lists_each_file_once() -> None:
    points = tuple(point(id=n, path=f"a{n % 2}.py") for n in (1, 2, 3))
    (task,) = tasks_of(review().model_copy(update={"points": points}), ["t1"])
    assert task.files == ("a1.py", "a0.py")


@pytest.mark.parametrize(("length", "shown"), [(1499, 1499), (1500, 1500), (1501, 1500)])
def test_the_goal_has_so_much_of_a_reviews_words(length: int, shown: int) -> None:
    (task,) = tasks_of(review(1, "w" * length), ["t1"])
    lines = task.goal.split("\n")
    assert lines[1:] == ["", "w" * shown, "", "- a1.py:1: do 1"]


@pytest.mark.parametrize(("count", "room"), [(1, 2000), (2, 1000), (10, 200), (16, 125), (17, 120), (19, 120)])
def test_the_comments_of_a_task_share_the_goal(count: int, room: int) -> None:
    points = tuple(point(id=n, text="y" * 4000) for n in range(1, count + 1))
    (task,) = tasks_of(review(body="").model_copy(update={"points": points}), ["t1"])
    assert [line.count("y") - 1 for line in task.goal.split("\n")[2:]] == [room] * count


@pytest.mark.parametrize(("title", "most"), [(True, 120), (False, 4000)])
def test_a_task_of_a_review_fits_a_plan(title: bool, most: int) -> None:
    long = b.ANNA.model_copy(update={"login": "l" * 200})
    points = tuple(point(id=n, path="p" * 250, text="y" * 4000) for n in range(1, 20))
    (task,) = tasks_of(Review(id=7, by=long, body="w" * 4000, points=points), ["t1"])
    assert len(task.title if title else task.goal) == most


LIMITS = [("path", 500), ("text", 4000), ("hunk", 2000), ("body", 8000), ("points", 60)]


@pytest.mark.parametrize(("field", "most"), LIMITS)
def test_so_much_of_a_review_is_read(field: str, most: int) -> None:
    """Sixty comments, each of a bounded size: what is more is counted as left out and said."""

    def made(length: int) -> object:
        if field == "points":
            return review(length)
        return review(body="w" * length) if field == "body" else point(**{field: "x" * length})

    assert made(most)
    with pytest.raises(ValidationError):
        made(most + 1)
