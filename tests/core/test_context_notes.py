"""What merged tasks found out: kept in the order of merging, bounded, the newest facts last to go, handed on."""

from __future__ import annotations

import hashlib
from typing import Any

from core_builders import at, coded, executing, fold, merge_all, plan, pushed, run_started, to_failed, to_verified
from core_builders import started as begun
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core import events as e
from otto_bot.core.attempt import Handoff
from otto_bot.core.context_notes import context_digest, context_of, context_text, inherited_notes, known
from otto_bot.core.notes import FACTS, NOTES_BYTES, Choice, Fact, Findings, kept
from otto_bot.core.run import Run
from otto_bot.core.surfaces import CONTEXT, surfaces


def found(key: str, **lists: Any) -> e.AttemptCoded:
    made = coded(key)
    return made.model_copy(update={"handoff": Handoff(summary="s", findings=Findings(**lists))})


def verified(run: Run, key: str, **lists: Any) -> Run:
    start, _, *rest = to_verified(key)
    return fold(run, start, found(key, **lists), *rest)


def fact(text: str, kind: str = "gotchas", task: str = "t1", ordinal: int = 1, why: str = "") -> Fact:
    return Fact.model_validate({"kind": kind, "text": text, "why": why, "task": task, "ordinal": ordinal})


def test_only_merged_tasks_speak_and_each_once() -> None:
    run = executing(plan("t1", "t2", "t3"))
    run = verified(run, "t1", gotchas=["the clock is UTC"])
    run = verified(run, "t2", decisions=[Choice(what="SQLite", why="one  file\nis enough")])
    assert run.notes == ()
    run = fold(run, *to_failed("t3"))
    run = merge_all(run)
    assert [(one.task, one.text, one.why) for one in run.notes] == [
        ("t1", "the clock is UTC", ""), ("t2", "SQLite", "one file is enough"),
    ]  # fmt: skip
    again = fold(run, e.Reported(at=at(9), sha="x"))
    assert again.notes == run.notes


def test_a_single_tasks_findings_count_when_it_is_verified() -> None:
    run = executing(plan("t1"))
    run = verified(run, "t1", conventions=["tests stand beside the code"])
    assert [one.kind for one in run.notes] == ["conventions"]


def test_an_attempt_is_told_what_was_known_when_it_started_however_much_comes_later() -> None:
    run = executing(plan("t1", "t2"))
    run = fold(run, begun("t2"))
    run = verified(run, "t1", gotchas=["later"])
    assert run.tasks["t2"].attempts[0].notes == 0
    assert known(run, 0) == ()


def test_the_text_names_kinds_sources_and_reasons() -> None:
    text = context_text(
        [
            fact("money is an int of cents", "data_model", "t2"), fact("SQLite", "decisions", why="one file"),
            fact("old", "gotchas", "t9", ordinal=1),
        ],
        2,
    )  # fmt: skip
    assert text == (
        "# What earlier tasks of this issue found out\n\n## Decisions\n\n- SQLite. Why: one file (run 1, t1)\n\n"
        "## Data model\n\n- money is an int of cents (run 1, t2)\n\n## Gotchas\n\n- old (run 1, t9)\n"
    )
    assert context_text([], 1) == ""


def test_of_the_same_fact_the_newest_stays() -> None:
    old, new = fact("Cents.", "decisions", why="a"), fact("cents", "decisions", "t5", why="b")
    assert kept([old, fact("x"), new]) == (fact("x"), new)


@given(
    st.lists(
        st.builds(
            fact, st.text(min_size=1, max_size=400), st.sampled_from(["decisions", "gotchas"]), why=st.text(max_size=99)
        ),
        max_size=60,
    )
)  # fmt: skip
def test_what_is_kept_is_bounded_in_order_and_ends_with_the_newest(facts: list[Fact]) -> None:
    stay = kept(facts)
    assert len(stay) <= FACTS
    assert len(context_text(stay, 1).encode("utf-8", "replace")) <= NOTES_BYTES + 500
    places = [max(at for at, other in enumerate(facts) if other == one) for one in stay]
    assert places == sorted(set(places))
    assert not facts or stay[-1] == facts[-1]
    assert kept(stay) == stay


def test_a_later_run_has_what_all_earlier_ones_found_and_a_replay_needs_no_other_run() -> None:
    first = executing(plan("t1"))
    first = verified(first, "t1", gotchas=["one"])
    second = executing(plan("t1"), ordinal=2, context=inherited_notes([first]))
    second = verified(second, "t1", gotchas=["two", "One"])
    left = inherited_notes([second, first])
    assert [(one.text, one.ordinal) for one in left] == [("two", 2), ("One", 2)]
    third = fold(None, e.RunStarted.model_validate_json(run_started(ordinal=3, context=left).model_dump_json()))
    assert third.inherited_notes == left
    assert "- two (run 2, t1)" in context_of(third)
    assert inherited_notes([]) == ()


def test_its_surface_is_the_address_of_the_text_and_there_is_none_without_facts() -> None:
    run = executing(plan("t1"))
    assert CONTEXT not in surfaces(run)
    run = verified(run, "t1", gotchas=["one"])
    assert surfaces(run)[CONTEXT] == context_digest(run) == hashlib.sha256(context_of(run).encode()).hexdigest()


def test_a_pushed_attempt_without_findings_adds_nothing() -> None:
    run = executing(plan("t1"))
    run = fold(run, begun("t1"), coded("t1"), pushed("t1"))
    assert run.notes == ()
