"""Rules of one line, each held on both sides of its border."""

from __future__ import annotations

from typing import Any

import core_builders as b
import core_journeys as j
import pytest

from otto_bot.core import events as e
from otto_bot.core import tampering
from otto_bot.core.additions import next_keys
from otto_bot.core.effects import REMINDER_AFTER, EffectKind, scheduled
from otto_bot.core.gate_account import EndKind
from otto_bot.core.globs import filter_glob
from otto_bot.core.invariants import broken, broken_step
from otto_bot.core.journeys import RoundState
from otto_bot.core.outcomes import _skipped
from otto_bot.core.patches import ChangedFile
from otto_bot.core.plan import Relation, RelationSpec
from otto_bot.core.plan_relations import relation_keys
from otto_bot.core.reviews import Review, ReviewPoint, tasks_of
from otto_bot.core.run import Gate, GateState, Outcome, Run, RunPhase
from otto_bot.core.surfaces import gate_digest, surfaces
from otto_bot.core.waits import waits_for

PLAN = b.plan("t1", "t2")


def _at_gate() -> Run:
    return b.fold(b.executing(PLAN), *b.to_failed("t1"), *b.to_failed("t2"))


def _decided(**moves: str) -> Run:
    return b.posted(b.gate(_at_gate(), moves or {"t1": "ask", "t2": "ask"}))


def _last_reply(run: Run) -> tuple[str, str]:
    return run.replies[-1].key, run.replies[-1].detail


def test_the_first_wrong_name_is_the_one_that_is_told() -> None:
    key, detail = _last_reply(b.fold(b.executing(PLAN), b.said("/otto skip t8 t9")))
    assert (key, "t8" in detail, "t9" in detail) == ("cannot_skip", True, False)
    at_journeys = j.posted(j.triaged(j.walked(j.built(), "j1"), j.finding("j1")))
    key, detail = _last_reply(b.fold(at_journeys, b.said("/otto skip j2 j3")))
    assert (key, "j2" in detail, "j3" in detail) == ("cannot_skip", True, False)


def test_a_yes_at_a_gate_is_remembered_with_who_and_when() -> None:
    run = b.fold(_decided(), b.said("/otto approve", seconds=5))
    gate = run.gates[-1]
    assert (gate.state, gate.approved_by, gate.approved_at) == (GateState.APPROVED, "anna", b.at(5))
    assert gate.deadline == b.at(5)


@pytest.mark.parametrize(("done", "open_"), [(0, True), (1, True), (2, False)])
def test_a_decision_shows_that_the_run_ended_before_all_of_it_came_true(done: int, open_: bool) -> None:
    run = b.applied(b.fold(_decided(), b.said("/otto approve")))
    keys = ("t1", "t2")[:done]
    gate = run.gates[-1].model_copy(update={"outcomes": dict.fromkeys(keys, "x")})
    ended = run.model_copy(update={"outcome": Outcome.CANCELLED, "phase": RunPhase.DONE})
    assert ended.ended
    assert not run.ended
    assert (gate_digest(ended, gate) != gate_digest(run, gate)) is open_


def test_what_was_accepted_is_shown_each_time() -> None:
    run = _at_gate()
    shown = []
    for accepted in [(), ("x",), ("x", "y")]:
        task = run.task("t1").model_copy(update={"accepted": accepted})
        shown.append(surfaces(run.with_task(task))["pull"])
    assert len(set(shown)) == 3


def test_a_run_that_ends_with_a_question_rests_once_more() -> None:
    asked = b.applied(b.fold(_decided(), b.said("/otto approve")))
    assert (asked.outcome, asked.rests) == (Outcome.NEEDS_HUMAN, 1)


@pytest.mark.parametrize(
    ("move", "kind"),
    [("", EndKind.STAYED_OUT), ("skip", EndKind.STAYED_OUT), ("retry", EndKind.BROUGHT_BACK)],
)
def test_a_task_left_out_came_back_only_where_a_later_decision_says_so(move: str, kind: EndKind) -> None:
    decision = b.decision({"t1": move}) if move else None
    later = Gate(number=2, batch=1, opened_at=b.T0, tasks=("t1",), failures=(), decision=decision)
    assert _skipped(later, "t1").kind is kind
    assert _skipped(None, "t1").kind is EndKind.STAYED_OUT


def test_two_open_gates_break_a_rule() -> None:
    run = _decided()
    second = run.gates[-1].model_copy(update={"number": 2})
    assert not broken(run)
    assert any("open beside another" in one for one in broken(run.model_copy(update={"gates": (*run.gates, second)})))


@pytest.mark.parametrize("gates", ["none", "undecided"])
def test_jobs_that_run_again_without_a_decision_break_a_rule(gates: str) -> None:
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"), *b.to_verifying("t2"))
    if gates == "undecided":
        run = b.fold(_at_gate(), e.GateOpened(at=b.T0, gate=1))
    old = run.verifications["t1/a1"]
    after = run.with_verification(old.model_copy(update={"round": old.round + 1}))
    assert any("without a posted decision" in one for one in broken_step(run, after))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_new_tasks_go_on_counting(count: int) -> None:
    run = b.fold(None, b.run_started())
    assert next_keys(run, count) == ["t1", "t2"][:count]
    assert next_keys(b.executing(PLAN), count) == ["t3", "t4"][:count]


def test_a_round_is_explained_only_once_it_is_tested() -> None:
    kinds = {one.kind for one in scheduled(j.walked(j.built(), "j1"))}
    assert EffectKind.TRIAGE in kinds
    assert EffectKind.JOURNEYS not in kinds
    assert EffectKind.TRIAGE not in {one.kind for one in scheduled(j.built())}


def test_a_push_while_journeys_are_walked_forgets_what_was_asked_of_the_old_head() -> None:
    run = j.built()
    one = run.journeys[-1].model_copy(update={"dispatches": 2, "waiting": "x", "next_at": b.T0, "dispatched": 4})
    after = b.fold(run.with_round(one), e.RunBranchMoved(at=b.T0, sha="new", tree="t")).journeys[-1]
    assert (after.head, after.dispatched, after.dispatches, after.next_at, after.waiting) == ("new", None, 0, None, "")


def test_a_repair_that_the_plan_leaves_out_asks_whether_to_build_it() -> None:
    wide = j.finding("j1", summary="Sending mail is missing", guidance="Add sending mail")
    (kept,) = j.triaged(j.walked(j.built(), "j1"), wide).journeys[-1].findings
    assert (kept.kind.value, kept.guidance) == ("scope", "")
    assert "Sending mail." in kept.question


def test_each_word_of_a_person_allows_one_more_round() -> None:
    run = j.posted(j.triaged(j.walked(j.built(), "j1"), j.finding("j1")))
    after = b.fold(run, b.said("/otto retry j1 -- so"))
    assert after.journey_grants == run.journey_grants + 1
    assert after.revision == run.revision + 1 == after.journeys[-1].revision


def test_the_first_step_that_did_not_pass_is_the_broken_one() -> None:
    good, bad = j.report("j2").journeys[0], j.report("j2").journeys[1]
    assert (good.passed, good.broken) == (True, None)
    assert not bad.passed
    assert bad.broken is bad.steps[1]
    assert j.built().journeys[-1].state is RoundState.TESTING


@pytest.mark.parametrize(("points", "size"), [(0, "S"), (1, "S"), (3, "S"), (4, "M")])
def test_a_review_of_few_points_is_a_small_task(points: int, size: str) -> None:
    made = tuple(ReviewPoint(id=n, path=f"a{n}.py", line=n, text=f"do {n}") for n in range(1, points + 1))
    (task,) = tasks_of(Review(id=7, by=b.ANNA, body="All in all.", points=made), ["t1"])
    assert (task.size, len(task.files)) == (size, points)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [("a[b", "a[b", True), ("a[bc]d", "abd", True), ("a[bc]d", "a[bc]d", False), ("a]b", "a]b", True)],
)
def test_a_bracket_is_a_set_only_where_it_is_closed(pattern: str, name: str, fits: bool) -> None:
    assert filter_glob(pattern).matches(name) is fits


@pytest.mark.parametrize(
    ("relations", "wrong"),
    [
        ([("t1", "t2")], 0),
        ([("t1", "t9")], 1),
        ([("t8", "t9")], 2),
        ([("t1", "t1")], 1),
        ([("t1", "t2"), ("t2", "t1")], 0),
    ],
)
def test_a_relation_is_between_two_tasks_of_the_plan(relations: Any, wrong: int) -> None:
    made = tuple(RelationSpec(a=one, b=other, kind=Relation.ADDITIVE) for one, other in relations)
    plan = PLAN.model_copy(update={"relations": made})
    assert len(list(relation_keys(plan, None))) == wrong  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [("tests/test_a.py", "a.py", True), ("a.py", "tests/test_a.py", True), ("a.py", "b.py", False)],
)
def test_what_was_or_becomes_a_test_is_read_first(old: str, new: str, first: bool) -> None:
    assert tampering._rank(ChangedFile(path=new, old_path=old, status="renamed")) == (not first, False)


def test_one_long_line_counts_only_as_far_as_it_is_read() -> None:
    wide = "+" + "x" * (tampering.MOST_CHARACTERS + 1)
    assert tampering._size(wide) == (0, tampering.LONGEST_LINE)
    tall = "\n" * (tampering.MOST_LINES + 1) + wide
    assert tampering._size(tall) == (tampering.MOST_LINES + 1, len(tall))


def test_a_merge_is_remembered_with_its_commit_and_a_push_with_its_pull_request() -> None:
    run = b.fold(b.executing(PLAN), b.started("t1"), b.coded("t1"), b.pushed("t1", pull=5))
    assert run.verification_prs == {"b-t1-1": 5}
    run = b.executing(PLAN, b.config(journeys={"enabled": False}))
    run = b.merge_all(b.fold(run, *b.to_verified("t1"), *b.to_verified("t2")))
    assert [task.merged_sha for task in run.tasks.values()] == ["m-1-1", "m-1-1"]
    assert (run.outcome, run.rests, run.hold) == (Outcome.DONE, 0, None)


def test_who_stops_a_paused_run_ends_its_pause() -> None:
    run = b.fold(b.executing(PLAN), b.said("/otto pause"))
    assert run.hold is not None
    after = b.fold(run, b.said("/otto stop"))
    assert (after.hold, after.outcome, after.phase) == (None, Outcome.CANCELLED, RunPhase.DONE)


def test_the_reminder_comes_a_day_after_the_question() -> None:
    run = b.planned(PLAN, b.config(plan={"approval": "always"}))
    run = b.fold(run, e.PlanPosted(at=b.T0, revision=1, comment_id=1))
    wait = waits_for(run)
    assert wait is not None
    assert wait.since is not None
    run = b.fold(run, e.PersonCalled(at=b.T0, wait=wait.key))
    (call,) = [one for one in scheduled(run) if one.kind is EffectKind.CALL]
    assert call.not_before == wait.since + REMINDER_AFTER
    assert (call.attempt, call.gate) == (0, 0)


def test_what_was_shown_is_kept_with_how_often_and_when() -> None:
    run = b.executing(PLAN)
    for seconds, digest, github_id in [(1, "x", 8), (2, "y", None)]:
        told = {"at": b.at(seconds), "surface": "pull", "digest": digest, "github_id": github_id}
        run = b.fold(run, e.Published.model_validate(told))
    shown = (run.shown["pull"], run.shown_count["pull"], run.shown_at["pull"], run.ids["pull"])
    assert shown == ("y", 2, b.at(2), 8)


def test_a_run_is_parked_since_its_limit_first_held_it() -> None:
    run = b.executing(PLAN)
    reasons = list(e.Parked.model_fields["why"].annotation.__args__)  # type: ignore[union-attr]
    for seconds, why, since in [(1, reasons[0], 1), (2, reasons[0], 1), (3, reasons[1], 3)]:
        run = b.fold(run, e.Parked(at=b.at(seconds), why=why, reason="r"))
        assert run.parked is not None
        assert (run.parked.why, run.parked.since) == (why, b.at(since))


def test_a_decision_is_posted_once_and_applied_only_as_it_was_posted() -> None:
    run = _decided()
    again = e.DecisionPosted(at=b.at(9), gate=1, revision=run.gates[-1].revision, comment_id=91)
    assert b.fold(run, again) == run
    yes = b.fold(run, b.said("/otto approve"))
    stale = e.DecisionApplied(at=b.at(9), gate=1, revision=run.gates[-1].revision - 1)
    assert b.fold(yes, stale) == yes


def test_a_plan_counts_as_posted_from_when_its_writing_began() -> None:
    run = b.planned(PLAN)
    before = e.PlanPosted(at=b.at(9), revision=1, comment_id=5, begun_at=b.at(4))
    assert b.fold(run, before).plan_posted_at == b.at(4)
    assert b.fold(run, before.model_copy(update={"begun_at": None})).plan_posted_at == b.at(9)
