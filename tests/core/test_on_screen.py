"""What a word on a page rests on: it moves where a decision would, and the state machine says which words fit."""

from collections.abc import Callable

import pytest
from core_builders import (
    ANNA,
    T0,
    applied,
    at,
    coded,
    config,
    ended,
    executing,
    fold,
    gate,
    merge_all,
    plan,
    planned,
    posted,
    pushed,
    said,
    spec,
    started,
    to_failed,
    to_verified,
)
from core_lives import lived

from otto_bot.core import events as e
from otto_bot.core.commands import Command, Given
from otto_bot.core.events import RunEvent
from otto_bot.core.invariants import InvariantBroken
from otto_bot.core.machine import reduce
from otto_bot.core.on_screen import BROKEN, PARTS, RESTS_ON, moved, on_screen, refusal, rests_on, shown
from otto_bot.core.run import Run
from otto_bot.core.steering import REPLIES
from otto_bot.core.values import Usage

PLAN = plan("t1", "t2", spec("t3", "t1"))
ALWAYS = config(plan={"approval": "always"})


def waiting_plan() -> Run:
    return fold(planned(PLAN, ALWAYS), e.PlanPosted(at=T0, revision=1, comment_id=1))


def working() -> Run:
    return fold(executing(PLAN), started("t1"), *to_failed("t2"))


def at_gate() -> Run:
    both = fold(executing(PLAN), *to_failed("t1"), *to_failed("t2"))
    return posted(gate(both, {"t1": "ask", "t2": "retry"}, [["t2"]]))


def word(line: str) -> Command:
    return said(line).given.command


QUIET: dict[str, tuple[Callable[[], Run], list[RunEvent]]] = {
    "money put aside and spent": (
        working,
        [
            e.MoneyReserved(at=at(1), call="c", usd=0.1),
            e.MoneySettled(at=at(2), call="c", usage=Usage(usd=0.05)),
        ],
    ),
    "a look at Actions": (
        lambda: fold(executing(PLAN), started("t1"), coded("t1"), pushed("t1")),
        [e.VerificationPolled(at=at(1), target="t1/a1", next_at=at(60))],
    ),
    "work that goes on": (working, [coded("t1"), pushed("t1"), ended("t1")]),
    "a comment brought up to date": (working, [e.Published(at=at(1), surface="status", digest="d", github_id=3)]),
    "a push to the default branch": (working, [e.BaseMoved(at=at(1), sha="b" * 40)]),
    "a limit that holds it back": (working, [e.Parked(at=at(1), why="runs", reason="so many at once")]),
}
MOVES: dict[str, tuple[Callable[[], Run], list[RunEvent], set[str]]] = {
    "a plan is approved": (waiting_plan, [said("/otto approve r1")], {"plan"}),
    "a plan is changed": (waiting_plan, [said("/otto skip t2")], {"plan", "tasks", "t2"}),
    "a retry plan is approved": (at_gate, [said("/otto approve r2")], {"gate"}),
    "a retry plan is changed": (at_gate, [said("/otto skip t1")], {"gate"}),
    "a task is retried": (
        lambda: applied(fold(posted(gate(fold(executing(plan("t1")), *to_failed("t1")), {"t1": "ask"})),
                             said("/otto approve"))),
        [said("/otto retry t1")],
        {"gate"},
    ),
    "a task starts": (lambda: executing(PLAN), [started("t1")], {"tasks", "t1"}),
    "a task fails": (lambda: fold(executing(PLAN), *to_failed("t1")[:-1]), to_failed("t1")[-1:], {"tasks", "t1"}),
    "someone pushes": (working, [e.RunBranchMoved(at=at(1), sha="o" * 40, tree="t" * 40, by="eve")], {"code"}),
    "it is paused": (working, [said("/otto pause")], {"rest"}),
    "it goes on": (lambda: fold(working(), said("/otto pause")), [said("/otto resume")], {"rest"}),
    "it is stopped": (working, [said("/otto stop")], {"rest"}),
    "more may be spent": (working, [said("/otto budget +1")], {"money"}),
    "its pull request is closed": (working, [e.PullRequestClosed(at=at(1), merged=False)], {"code", "rest"}),
}  # fmt: skip


def changes(before: Run, after: Run) -> set[str]:
    old, new = on_screen(before), on_screen(after)
    return {part for part in {*old, *new} if old.get(part) != new.get(part)}


@pytest.mark.parametrize("name", QUIET)
def test_what_changes_by_itself_all_the_time_moves_nothing(name: str) -> None:
    make, events = QUIET[name]
    before = make()
    after = fold(before, *events)
    assert after != before
    assert changes(before, after) == set()


@pytest.mark.parametrize("name", MOVES)
def test_what_a_decision_rests_on_moves(name: str) -> None:
    make, events, parts = MOVES[name]
    before = make()
    found = changes(before, fold(before, *events))
    assert found >= parts
    assert found - parts <= {"rest", "tasks", "t1", "t2"}


def test_a_merge_moves_the_code_and_its_task() -> None:
    before = fold(executing(plan("t1", "t2")), *to_verified("t1"), *to_verified("t2"))
    assert changes(before, merge_all(before)) >= {"code", "tasks", "t1", "t2"}


@pytest.mark.parametrize("verb", RESTS_ON)
def test_a_word_is_held_to_what_it_rests_on_and_to_nothing_else(verb: str) -> None:
    """Whoever pauses does not care which task passed meanwhile; two who raise the budget do care about each other."""
    run = at_gate()
    command = Command(verb=verb)
    carried = shown(run, verb)
    assert moved(run, command, carried) == ()
    for name, (make, events, parts) in MOVES.items():
        before = make()
        after = fold(before, *events)
        held = set(moved(after, command, shown(before, verb)))
        assert held == changes(before, after) & set(RESTS_ON[verb]), (name, parts)


@pytest.mark.parametrize("make", [waiting_plan, working, at_gate])
def test_a_run_that_was_stored_and_read_again_is_the_same_on_the_screen(make: Callable[[], Run]) -> None:
    run = make()
    assert on_screen(Run.model_validate_json(run.model_dump_json(by_alias=True))) == on_screen(run)


def test_a_word_about_one_task_is_held_to_that_task() -> None:
    before = fold(executing(PLAN), *to_failed("t2"), started("t1"))
    after = fold(before, *to_failed("t1")[1:])
    assert moved(after, word("/otto retry t2 -- shorter"), shown(before, "retry", ("t2",))) == ()
    assert moved(after, word("/otto retry"), shown(before, "retry")) == ("tasks",)
    assert moved(after, word("/otto retry t1"), shown(before, "retry", ("t1",))) == ("t1",)


@pytest.mark.parametrize("carried", ["", "plan", "plan.xyz", "plan.0" * 900, "gate.00000000 rest.00000000", "\x00"])
def test_a_form_that_does_not_say_what_was_on_the_screen_counts_as_an_old_one(carried: str) -> None:
    assert moved(at_gate(), word("/otto approve r2"), carried) == RESTS_ON["approve"]


def test_every_word_rests_on_parts_that_there_are() -> None:
    assert {part for parts in RESTS_ON.values() for part in parts} == set(PARTS)
    assert rests_on(Command(verb="explain")) == PARTS


TABLE = {
    "plan waits": (waiting_plan, {"approve r1": "", "approve r9": "stale_revision", "skip t2": "", "replan": "",
                                  "pause": "", "stop": "", "resume": "not_resting", "budget +1": ""}),
    "at work": (working, {"approve": "nothing_to_approve", "retry t2": "", "retry t1": "cannot_retry", "pause": "",
                          "resume": "not_resting", "replan": "replan_too_late", "budget +1": "",
                          "budget +999999": "host_cap"}),
    "a gate waits": (at_gate, {"approve r2": "", "approve r1": "stale_revision", "resume": "use_approve",
                               "retry t1 -- so": "", "skip t2": "", "retry t9": "cannot_retry"}),
    "paused": (lambda: fold(working(), said("/otto pause")), {"pause": "already_resting", "resume": "", "stop": ""}),
    "stopped": (lambda: fold(working(), said("/otto stop")), dict.fromkeys(("stop", "pause", "retry t2"), "ended")),
}  # fmt: skip
CASES = [(name, line, want) for name, (_make, rows) in TABLE.items() for line, want in rows.items()]


@pytest.mark.parametrize(("name", "line", "want"), CASES)
def test_the_state_machine_itself_says_which_words_fit(name: str, line: str, want: str) -> None:
    run = TABLE[name][0]()
    found = refusal(run, said(f"/otto {line}", key="k"))
    assert (found.key if found is not None else "") == want


def test_a_no_is_told_also_where_no_more_answers_are_owed() -> None:
    """Twenty answers an hour are written as comments; what a page says is no comment."""
    run = working()
    for number in range(30):
        run = fold(run, said("/otto status", key=str(number)))
    found = refusal(run, said("/otto approve", key="k"))
    assert found is not None
    assert found.key == "nothing_to_approve"


@pytest.mark.parametrize("seed", range(12))
def test_of_two_who_say_the_same_to_the_same_screen_the_second_is_told(seed: int) -> None:
    """At any time of a troubled life: a word that fits moves what it rests on, or does not fit any more."""
    run: Run | None = None
    for number, event in enumerate(lived(seed, PLAN).ledger.runs[1].events):
        try:
            run = reduce(run, event)
        except InvariantBroken:
            continue
        if run is not None and number % 5 == 0:
            for verb in RESTS_ON:
                said_twice(run, verb)


def said_twice(run: Run, verb: str) -> None:
    tasks = (tuple(run.tasks) or ("t1",))[:1] if verb in ("retry", "skip", "accept") else ()
    command = Command(verb=verb, tasks=tasks, usd=1.0 if verb == "budget" else None)
    first, second = (
        e.CommandGiven(at=at(9_999), given=Given(key=key, command=command, by=ANNA)) for key in ("page/x", "page/y")
    )
    no = refusal(run, first)
    if no is not None:
        assert no.key == BROKEN or no.key in REPLIES
        return
    after = reduce(run, first)
    assert after is not None
    assert moved(after, command, shown(run, verb, tasks)) or refusal(after, second), (verb, run.phase)
