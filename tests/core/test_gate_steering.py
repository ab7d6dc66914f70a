"""People at a gate: what they say before, during and after its comment, two at once, and what a pause does to time."""

import pytest
from core_builders import (
    applied,
    at,
    config,
    decision,
    executing,
    fold,
    gate,
    plan,
    posted,
    said,
    spec,
    states,
    to_failed,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core.decision import Action, Decider, Decision, SkipTask
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.core.surfaces import surfaces
from otto_bot.core.waits import waits_for

PLAN = plan("t1", "t2", "t3", spec("t4", "t3"))
ORDER = [["t1", "t2", "t3"], ["t4"]]
RETRY = {"t1": "retry_different", "t2": "retry", "t3": "retry"}
GRACE = 120


def failed(**settings: object) -> Run:
    """Three tasks failed; what needs the third is still to come."""
    return fold(executing(PLAN, config(**settings)), *(event for key in RETRY for event in to_failed(key)))


def decided(moves: dict[str, str] | None = None, **settings: object) -> Run:
    """The pilot has decided; its comment does not stand yet."""
    chosen = moves or RETRY
    order = [[key for key in batch if chosen.get(key, "retry").startswith("re")] for batch in ORDER]
    return gate(failed(**settings), chosen, [batch for batch in order if batch])


def newest(run: Run) -> tuple[Gate, Decision]:
    last = run.gates[-1]
    assert last.decision is not None
    return last, last.decision


def kinds(run: Run) -> set[EffectKind]:
    return {one.kind for one in scheduled(run)}


def due_at(run: Run) -> float | None:
    """Seconds after the start at which the plan may be applied."""
    times = [one.not_before for one in scheduled(run) if one.kind is EffectKind.APPLY]
    return (times[0] - at(0)).total_seconds() if times and times[0] is not None else None


REVISIONS = [
    # what the pilot planned, settings, what a person says, when it goes on: seconds after it is posted, None = never
    ({}, {}, "/otto retry t1 -- use dicts", GRACE),
    ({}, {}, "/otto skip t3", GRACE),
    ({}, {}, "/otto retry", 0),
    ({}, {}, "/otto retry t1,t2,t3 -- all the same", 0),
    ({}, {}, "/otto skip t1,t2,t3", 0),
    ({}, {"pilot": {"approval": "always"}}, "/otto skip t3", None),
    ({}, {"pilot": {"approval": "always"}}, "/otto retry", 0),
    ({"t1": "ask"}, {}, "/otto retry t1 -- dicts", GRACE),
    ({"t1": "ask"}, {}, "/otto retry t2 -- other", None),
    ({"t1": "ask", "t2": "ask"}, {}, "/otto retry t1 -- dicts", None),
    ({"t1": "skip"}, {}, "/otto retry t1", GRACE),
    ({"t1": "hold"}, {}, "/otto skip t2", None),
]


@pytest.mark.parametrize(("moves", "settings", "line", "after"), REVISIONS)
def test_a_revision_is_posted_first_and_waits_as_long_as_what_a_machine_planned_in_it(
    moves: dict[str, str], settings: dict[str, object], line: str, after: float | None
) -> None:
    before = posted(decided({**RETRY, **moves}, **settings))
    run = fold(before, said(line, seconds=30))
    last, made = newest(run)
    assert (last.revision, last.state, made.decided_by) == (3, GateState.DECIDED, Decider.HUMAN)
    assert EffectKind.POST_DECISION in kinds(run)
    assert due_at(run) is None
    assert applied(run) == run
    run = posted(run, 40)
    assert due_at(run) == (None if after is None else 40 + after)
    assert (waits_for(run) is not None) == (after is None)
    if after is not None:
        assert states(applied(run, 40 + after)) != states(run)


def test_a_retry_without_words_keeps_what_the_pilot_planned() -> None:
    run = fold(posted(decided({**RETRY, "t2": "ask"})), said("/otto retry"))
    _, made = newest(run)
    assert [(move.task, move.action, move.guidance) for move in made.moves] == [
        ("t1", Action.RETRY_DIFFERENT, "do it so"), ("t2", Action.RETRY, ""), ("t3", Action.RETRY, ""),
    ]  # fmt: skip
    assert {move.decided_by for move in made.moves} == {Decider.HUMAN}


def test_the_answer_to_a_question_reaches_the_coder_of_that_task_only() -> None:
    run = fold(posted(decided({**RETRY, "t2": "ask"})), said("/otto retry t2 -- dicts, as in the shop"))
    run = applied(posted(run))
    assert run.task("t2").next_guidance == "dicts, as in the shop"
    assert run.task("t1").next_guidance == "do it so"
    assert run.task("t3").next_guidance == ""


def test_a_skip_that_only_the_pilot_named_still_needs_a_yes() -> None:
    """A person who changes one thing has not said yes to the rest."""
    skips = (SkipTask(task="t4", reason="not worth it"),)
    made = decision({"t1": "retry", "t2": "retry", "t3": "retry"}, [["t1", "t2", "t3"]], skips=skips)
    run = fold(failed(), e.GateOpened(at=at(0), gate=1), e.DecisionMade(at=at(0), gate=1, decision=made))
    run = posted(fold(posted(run), said("/otto skip t1")))
    assert waits_for(run) is not None
    assert applied(run) == run
    run = posted(fold(run, said("/otto skip t4")))
    assert due_at(run) == GRACE
    assert states(applied(run))["t4"] == "skipped"


def test_a_skip_by_hand_takes_its_dependents_along() -> None:
    run = applied(posted(fold(posted(decided()), said("/otto skip t3"))))
    assert states(run) == {"t1": "reopened", "t2": "reopened", "t3": "skipped", "t4": "blocked"}


PAUSED = [({}, {}, GRACE), ({"t1": "ask"}, {}, None), ({}, {"pilot": {"approval": "always"}}, None)]


@pytest.mark.parametrize(("moves", "settings", "grace"), PAUSED)
def test_a_resume_gives_the_whole_grace_again(
    moves: dict[str, str], settings: dict[str, object], grace: float | None
) -> None:
    run = fold(posted(decided({**RETRY, **moves}, **settings)), said("/otto pause", seconds=100))
    assert due_at(run) is None
    assert applied(run, 5000) == run
    run = fold(run, said("/otto resume", seconds=5000))
    assert due_at(run) == (None if grace is None else 5000 + grace)
    assert (waits_for(run) is not None) == (grace is None)
    if grace is not None:
        assert applied(run, 5000 + grace - 1) == run
        assert states(applied(run, 5000 + grace))["t1"] == "reopened"


def test_a_plan_that_is_changed_during_a_pause_is_shown_and_not_begun() -> None:
    run = fold(posted(decided()), said("/otto pause"), said("/otto skip t3"))
    assert EffectKind.POST_DECISION in kinds(run)
    run = posted(run, 200)
    assert due_at(run) is None
    assert applied(run) == run
    run = fold(run, said("/otto resume", seconds=400))
    assert due_at(run) == 400 + GRACE


@pytest.mark.parametrize("line", ["/otto approve", "/otto approve r2"])
def test_a_yes_during_a_pause_goes_on_at_once(line: str) -> None:
    run = fold(posted(decided()), said("/otto pause"), said(line, seconds=10))
    assert run.hold is None
    assert due_at(run) == 10


def test_what_stands_in_the_comment_changes_with_a_pause_and_a_yes() -> None:
    run = posted(decided())
    told = [surfaces(run)["gate/g1"]]
    for line in ("/otto pause", "/otto resume", "/otto approve r2"):
        run = fold(run, said(line))
        told.append(surfaces(run)["gate/g1"])
    told.append(surfaces(applied(run))["gate/g1"])
    assert told[2] == told[0]
    assert len({*told}) == 4


# Races: what two people say, or one says while a job is on its way.

BETWEEN = [
    ("/otto skip t3", 3, "decided", {}),
    ("/otto retry t1 -- x", 3, "decided", {}),
    ("/otto approve r2", 2, "applied", {}),
    ("/otto approve r1", 2, "applied", {"stale_revision"}),
    ("/otto status", 2, "applied", {"status"}),
]


@pytest.mark.parametrize(("line", "revision", "state", "replies"), BETWEEN)
def test_a_command_between_posting_and_applying(line: str, revision: int, state: str, replies: set[str]) -> None:
    """The job that applies r2 was on its way: it counts only where r2 still is the plan."""
    run = fold(posted(decided()), said(line, seconds=GRACE))
    on_its_way = e.DecisionApplied(at=at(GRACE + 1), gate=1, revision=2)
    run = fold(run, on_its_way)
    assert (run.gates[-1].revision, run.gates[-1].state.value) == (revision, state)
    assert {reply.key for reply in run.replies} == set(replies)


UNPOSTED = [
    ("/otto approve", "not_posted", 2), ("/otto approve r2", "not_posted", 2),
    ("/otto approve r1", "stale_revision", 2),
    ("/otto approve r3", "stale_revision", 2), ("/otto skip t3", "", 3), ("/otto retry t1 -- x", "", 3),
    ("/otto retry", "", 3), ("/otto skip t9", "cannot_skip", 2), ("/otto resume", "not_resting", 2),
]  # fmt: skip


@pytest.mark.parametrize(("line", "answer", "revision"), UNPOSTED)
def test_a_command_on_a_plan_whose_comment_does_not_stand_yet(line: str, answer: str, revision: int) -> None:
    run = fold(decided(), said(line))
    assert [reply.key for reply in run.replies] == ([answer] if answer else [])
    assert newest(run)[0].revision == revision
    late = e.DecisionPosted(at=at(5), gate=1, revision=2, comment_id=90)
    run = fold(run, late)
    assert newest(run)[0].state is (GateState.POSTED if revision == 2 else GateState.DECIDED)
    assert newest(run)[0].comment_id == 90
    assert (EffectKind.POST_DECISION in kinds(run)) == (revision == 3)


def test_two_people_at_once_change_one_plan_after_the_other() -> None:
    run = fold(posted(decided()), said("/otto skip t3", key="a"), said("/otto retry t1 -- dicts", key="b"))
    last, made = newest(run)
    assert last.revision == 4
    assert {move.task: move.action for move in made.moves} == {
        "t1": Action.RETRY_DIFFERENT, "t2": Action.RETRY, "t3": Action.SKIP,
    }  # fmt: skip
    run = fold(run, e.DecisionPosted(at=at(5), gate=1, revision=3, comment_id=90))
    assert applied(run) == run
    run = fold(run, said("/otto approve r3"))
    assert run.replies[-1].key == "stale_revision"
    assert run.replies[-1].detail == "r4"
    run = fold(posted(run), said("/otto approve r4"))
    assert states(applied(run, 1)) == {"t1": "reopened", "t2": "reopened", "t3": "skipped", "t4": "blocked"}


def test_one_says_yes_and_another_changes_the_plan_before_it_is_carried_out() -> None:
    run = fold(posted(decided()), said("/otto approve r2"), said("/otto skip t2"))
    last, _ = newest(run)
    assert (last.revision, last.state, last.approved_by) == (3, GateState.DECIDED, "")
    assert fold(run, e.DecisionApplied(at=at(9), gate=1, revision=2)) == run
    twice = fold(posted(decided()), said("/otto approve r2", key="a"), said("/otto approve r2", key="b"))
    assert twice.replies[-1].key == "nothing_to_approve"


def test_more_money_at_a_gate_changes_no_plan() -> None:
    run = posted(decided({**RETRY, "t1": "ask"}))
    after = fold(run, said("/otto budget +5"))
    assert after.gates == run.gates
    assert after.money.cap == run.money.cap + 5
    assert after.replies[-1].key == "budget_raised"


def test_a_person_is_called_where_a_plan_waits_and_not_while_grace_runs() -> None:
    assert EffectKind.CALL not in kinds(posted(decided()))
    assert EffectKind.CALL not in kinds(decided({**RETRY, "t1": "ask"}))
    run = posted(decided({**RETRY, "t1": "ask"}))
    calls = [one for one in scheduled(run) if one.kind is EffectKind.CALL]
    assert [one.target for one in calls] == ["gate/g1/r2"]
    run = fold(run, e.PersonCalled(at=at(1), wait="gate/g1/r2"))
    later = [one.not_before for one in scheduled(run) if one.kind is EffectKind.CALL]
    assert all(when is not None for when in later)


# Re-runs of one commit share a comment.


def rerun(run: Run, number: int, keys: tuple[str, ...]) -> Run:
    """A gate at which only jobs run again; it is carried out."""
    chosen = dict.fromkeys(keys, "rerun")
    run = gate(run, chosen, decided_by=Decider.RULES)
    made = run.gates[-1]
    event = e.DecisionPosted(at=at(number), gate=made.number, revision=made.revision, comment_id=100 + number)
    return applied(fold(run, event))


def again(run: Run, key: str, attempt: int = 1) -> Run:
    """Its jobs run again and fail again."""
    target = f"{key}/a{attempt}"
    found = to_failed(key, attempt, Cause.INFRA)[-1]
    verification = run.verifications[target]
    return fold(run, e.JobsRerun(at=at(1), target=target, round=verification.round), found)


def broken(keys: tuple[str, ...]) -> Run:
    run = executing(plan(*keys))
    for key in keys:
        run = fold(run, *to_failed(key, cause=Cause.INFRA))
    return run


def test_the_second_rerun_of_a_commit_is_told_in_the_comment_of_the_first() -> None:
    run = again(rerun(broken(("t1",)), 1, ("t1",)), "t1")
    before = surfaces(run)
    run = gate(run, {"t1": "rerun"}, decided_by=Decider.RULES)
    assert run.gates[-1].shares == 1
    assert "gate/g1" in before
    assert "gate/g1" not in surfaces(run)  # the posting writes it
    assert EffectKind.RERUN not in kinds(run)
    assert applied(run) == run  # no re-run before the edit stands
    [post] = [one for one in scheduled(run) if one.kind is EffectKind.POST_DECISION]
    assert post.lane.endswith("/show/gate/g1")
    run = applied(fold(run, e.DecisionPosted(at=at(3), gate=2, revision=3, comment_id=101)))
    assert EffectKind.RERUN in kinds(run)
    told = surfaces(run)
    assert {name for name in told if name.startswith("gate/")} == {"gate/g1"}
    assert told["gate/g1"] != before["gate/g1"]


def test_what_is_coded_again_or_asked_gets_a_comment_of_its_own() -> None:
    run = again(rerun(broken(("t1",)), 1, ("t1",)), "t1")
    for moves in ({"t1": "retry"}, {"t1": "ask"}):
        assert gate(run, moves).gates[-1].shares is None


def test_another_commit_or_another_task_gets_a_comment_of_its_own() -> None:
    run = rerun(broken(("t1", "t2")), 1, ("t1", "t2"))
    both = again(again(run, "t1"), "t2")
    assert gate(both, {"t1": "rerun", "t2": "rerun"}, decided_by=Decider.RULES).gates[-1].shares == 1
    coded = applied(posted(gate(both, {"t1": "retry", "t2": "retry"})))
    coded = fold(coded, *to_failed("t1", 2, Cause.INFRA), *to_failed("t2", 2, Cause.INFRA))
    assert gate(coded, {"t1": "rerun", "t2": "rerun"}, decided_by=Decider.RULES).gates[-1].shares is None
