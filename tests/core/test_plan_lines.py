"""What a refused plan is told, line by line: the place, and the reason that belongs to it alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import core_builders as b
import pytest

from otto_bot.core.additions import add_tasks
from otto_bot.core.asks import _weakened
from otto_bot.core.attempt import Task, TaskState
from otto_bot.core.estimates import _took
from otto_bot.core.evidence import Excerpt
from otto_bot.core.invariants import broken
from otto_bot.core.patches import hunks
from otto_bot.core.plan import Criterion, Journey, JourneyStep, Plan, ProductSpec
from otto_bot.core.plan_chores import _is_test
from otto_bot.core.plan_criteria import criteria, empty_words
from otto_bot.core.plan_relations import dependencies
from otto_bot.core.plan_spec import coverage, journeys, unasked
from otto_bot.core.plan_words import english, together
from otto_bot.core.reviewing import comment_of
from otto_bot.core.reviews import _short
from otto_bot.core.run import RunPhase

PLAN = b.plan("t1", b.spec("t2", "t1"))


def _lines(rule: Any, plan: Plan) -> list[str]:
    return [f"{one.where}: {one.reason}" for one in rule(plan, None)]


@pytest.mark.parametrize(
    ("needs", "said"),
    [((), []), (("t1",), []), (("t2",), ["t2 depends on itself"]), (("t9",), ["t2 depends on unknown task t9"])],
)
def test_a_task_needs_others_of_its_plan(needs: tuple[str, ...], said: list[str]) -> None:
    plan = PLAN.model_copy(update={"tasks": (PLAN.tasks[0], b.spec("t2", *needs))})
    found = _lines(dependencies, plan)
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("ids", "texts", "twice"),
    [("ab", "xy", False), ("aa", "xy", True), ("ab", "xx", True), ("ab", "xX", True), ("aa", "xx", True)],
)
def test_no_criterion_stands_twice(ids: str, texts: str, twice: bool) -> None:
    made = tuple(Criterion(id=f"c{ord(one)}", text=text) for one, text in zip(ids, texts, strict=True))
    task = PLAN.tasks[0].model_copy(update={"criteria": made})
    assert bool(_lines(criteria, PLAN.model_copy(update={"tasks": (task,)}))) is twice


@pytest.mark.parametrize(
    ("do", "see", "said"),
    [
        ("Open it", "Three rows", ""),
        ("Run the tests", "Three rows", "developer's step"),
        (" ", "Three rows", "says nothing"),
        ("Open it", " ", "says nothing"),
        ("Open it", "It works well", "is nothing that a user sees"),
    ],
)
def test_a_step_is_something_that_a_user_does_and_sees(do: str, see: str, said: str) -> None:
    bad = JourneyStep.model_construct(do=do, see=see)
    good = JourneyStep(do="Open it", see="Two rows")
    made = [Journey.model_construct(id=f"j{n}", title="T", features=(), steps=(good, bad)) for n in (1, 2, 3)]
    found = _lines(journeys, PLAN.model_copy(update={"spec": ProductSpec.model_construct(journeys=tuple(made))}))
    found = [line for line in found if not line.startswith("spec")]  # that there are no features
    assert [line.partition(":")[0] for line in found] == (["j1", "j2", "j3"] if said else [])
    assert all(said in line and f"{line[:2]}.s2" in line for line in found)


def test_a_plan_of_one_task_owes_no_product() -> None:
    alone = b.plan("t1").model_copy(update={"spec": ProductSpec()})
    assert [_lines(rule, alone) for rule in (coverage, unasked, journeys)] == [[], [], []]


@pytest.mark.parametrize(
    ("text", "praise"),
    [
        ("It works well", True),
        ("It works well with `orders`", False),
        ("It works well and the page shows three rows of orders sorted by their date", False),
        ("A page is shown", False),
    ],
)
def test_praise_is_empty_only_where_nothing_else_is_said(text: str, praise: bool) -> None:
    assert (empty_words(text) is not None) is praise


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("eins zwei drei", True),
        ("eins zwei drei vier", False),
        ("the page of orders", True),
        (" ".join(["eins"] * 9 + ["the"]), True),
        (" ".join(["eins"] * 10 + ["the"]), False),
    ],
)
def test_one_word_in_ten_makes_a_text_english_and_three_words_say_nothing(text: str, reads: bool) -> None:
    assert english(text) is reads


@pytest.mark.parametrize(("between", "close"), [(0, True), (1, True), (2, True), (3, False), (9, False)])
def test_words_that_belong_together_stand_close(between: int, close: bool) -> None:
    assert together(["one", "mail"], ["a", "one", *["x"] * between, "mail", "b"]) is close
    assert not together(["one", "mail"], ["one", "x"])


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/data.json", True),
        ("src/test_a.py", True),
        ("conftest.py", True),
        ("a.spec.ts", True),
        ("src/latest.py", False),
        ("src/a.py", False),
    ],
)
def test_what_is_a_test_is_told_by_its_folder_or_by_its_name(path: str, test: bool) -> None:
    assert _is_test(path) is test


def test_a_hunk_is_as_long_as_its_header_says_and_one_line_where_it_says_nothing() -> None:
    first, second = hunks("@@ -3 +7 @@\n-a\n+b\n@@ -10,2 +20,1 @@ def f\n x\n-y\n")
    assert [(line.old, line.new) for line in first.lines] == [(3, None), (None, 7)]
    assert [(line.old, line.new) for line in second.lines] == [(10, 20), (11, None)]


@pytest.mark.parametrize(("length", "kept"), [(499, 499), (500, 500), (501, 500), (900, 500)])
def test_a_long_word_of_a_review_is_cut_to_what_a_criterion_holds(length: int, kept: int) -> None:
    short = _short("a" * length)
    assert (len(short), short.endswith("…")) == (kept, length > 500)


@pytest.mark.parametrize(
    ("begun", "ended", "took"), [(0, 90, 1.5), (0, 30, 0.5), (60, 0, 0.0), (None, 9, None), (0, None, None)]
)
def test_how_long_a_task_took_is_in_minutes_and_never_below_none(begun: Any, ended: Any, took: Any) -> None:
    def when(seconds: int | None) -> Any:
        return None if seconds is None else b.T0 + timedelta(seconds=seconds)

    assert _took(Task(key="t1", begun_at=when(begun), ended_at=when(ended))) == took


def test_added_tasks_are_the_next_batch_of_a_run_that_works_again() -> None:
    run = b.executing(b.plan("t1")).model_copy(update={"phase": RunPhase.DONE, "batch": 3})
    after = add_tasks(run, [b.spec("t2"), b.spec("t3", "t2")], "journeys")
    assert after.plan is not None
    assert list(after.plan.keys) == ["t1", "t2", "t3"]
    assert after.order[-2:] == (("t2",), ("t3",))
    assert (after.phase, after.outcome, after.batch, after.integration) == (RunPhase.EXECUTING, None, 4, None)
    assert (after.base_look, after.task("t2").origin) == (True, "journeys")


def test_a_plan_is_made_with_a_number_an_order_and_fresh_tasks() -> None:
    run = b.planned(PLAN)
    assert (run.plan, run.phase, run.revision, run.plan_revision) == (PLAN, RunPhase.PLAN_REVIEW, 1, 1)
    assert (run.order, b.states(run)) == ((("t1",), ("t2",)), {"t1": "pending", "t2": "pending"})


def test_merged_without_an_attempt_or_without_its_tree_breaks_a_rule() -> None:
    good = b.with_state(b.executing(PLAN), "t1", TaskState.MERGED)
    assert not any(one.startswith("6") for one in broken(good))
    none = good.with_task(good.task("t1").model_copy(update={"attempts": ()}))
    other = good.model_copy(update={"green_trees": frozenset()})
    assert [any(one.startswith("6: t1") for one in broken(run)) for run in (none, other)] == [True, True]


def test_a_comment_that_tells_of_several_gates_is_the_last_one_written() -> None:
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"))
    run = b.posted(b.gate(run, {"t1": "retry"}))
    first = run.gates[0]
    shared = first.model_copy(update={"number": 2, "shares": 1, "comment_id": None})
    assert comment_of(run.model_copy(update={"gates": (first, shared)}), shared) == 90
    second = shared.model_copy(update={"comment_id": 91})
    assert comment_of(run.model_copy(update={"gates": (first, second)}), second) == 91


@pytest.mark.parametrize(("hits", "rest"), [(2, ""), (3, " and 1 more"), (5, " and 3 more")])
def test_the_question_about_weakened_checks_names_places_and_counts_the_rest(hits: int, rest: str) -> None:
    made = tuple(f"h{n}" for n in range(hits))
    seen = tuple(Excerpt(kind="diff", source=f"a{n}.py", first_line=7 + n, text="x") for n in range(2))
    words = _weakened("t1", b.failure("t1", hits=made, excerpts=seen))
    assert f"(`a0.py` line 7, `a1.py` line 8{rest};" in words
    assert f"({hits} places;" in _weakened("t1", b.failure("t1", hits=made))
