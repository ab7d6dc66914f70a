"""Rounds of journeys: what is believed, what follows, how often, and what people change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from core_builders import T0, at, config, fold, run_started, said, states
from core_builders import prepared as ready
from core_journeys import (
    JOURNEYS,
    RECORDS,
    applied,
    built,
    failed_round,
    finding,
    mended,
    posted,
    product,
    report,
    state,
    triaged,
    walked,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core import events as e
from otto_bot.core.effects import due, scheduled
from otto_bot.core.journeys import JourneyReport, JourneyResult, Next, RoundState, StepResult, report_problems
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.values import Usage
from otto_bot.core.verdict import Verdict, VerdictItem
from otto_bot.core.waits import waits_for


def kinds(run: Run) -> list[str]:
    return sorted(
        effect.kind.value for effect in due(run, at(0)) if effect.key.split("/")[2] != "show" and effect.kind != "show"
    )


def one(steps: list[tuple[str, str, tuple[str, ...]]]) -> JourneyReport:
    made = tuple(StepResult.model_validate({"id": i, "status": s, "refs": r}) for i, s, r in steps)
    return JourneyReport(journeys=(JourneyResult(id="j1", steps=made),), records=RECORDS)


REPORTS = [
    ("fine", [("j1.s1", "passed", ("R1",)), ("j1.s2", "failed", ("R2",))], ""),
    ("fine when nothing is left to try", [("j1.s1", "failed", ("R2",)), ("j1.s2", "not_reached", ())], ""),
    ("a step is missing", [("j1.s1", "passed", ("R1",))], "its steps are j1.s1, j1.s2"),
    ("no record", [("j1.s1", "passed", ()), ("j1.s2", "failed", ("R2",))], "j1.s1: passed needs the record"),
    ("a record that is not there", [("j1.s1", "passed", ("R9",)), ("j1.s2", "failed", ("R2",))], "no record R9"),
    ("passed on a failure", [("j1.s1", "passed", ("R2",)), ("j1.s2", "failed", ("R2",))], "every command it names"),
    ("passed after a gap", [("j1.s1", "failed", ("R2",)), ("j1.s2", "not_reached", ())], ""),
    ("nothing failed before", [("j1.s1", "passed", ("R1",)), ("j1.s2", "not_reached", ())], "no step before it failed"),
    ("the first is always tried", [("j1.s1", "not_reached", ()), ("j1.s2", "not_reached", ())], "the first step"),
]


@pytest.mark.parametrize(("name", "steps", "why"), REPORTS, ids=[row[0] for row in REPORTS])
def test_a_report_is_believed_only_if_it_holds_together(name, steps, why):
    found = report_problems(JOURNEYS[:1], one(steps))
    assert (not found) if not why else any(why in line for line in found), found


def test_a_command_that_hung_shows_that_a_step_failed_and_never_that_it_passed():
    late = RECORDS[1].model_copy(update={"number": 3, "exit_code": None, "timed_out": True})
    for status, good in (("failed", True), ("passed", False)):
        made = one([("j1.s1", status, ("R3",)), ("j1.s2", "failed", ("R2",))])
        made = made.model_copy(update={"records": (*RECORDS, late)})
        assert (not report_problems(JOURNEYS[:1], made)) is good


def test_all_tasks_merged_the_product_is_tested_and_then_done():
    run = built()
    assert (run.phase, state(run), kinds(run)) == (RunPhase.JOURNEYS, "testing", ["journeys"])
    run = walked(run)
    assert kinds(run) == ["post_journeys"]
    run = posted(run)
    assert kinds(run) == ["apply_journeys"]
    run = applied(run, 0)
    assert (run.outcome, run.phase) == (Outcome.DONE, RunPhase.DONE)


def test_a_report_of_another_head_counts_for_nothing():
    run = built()
    event = e.JourneysTested(at=T0, round=1, head="other", via="sandbox", report=report())
    assert fold(run, event) is run


def test_one_failing_journey_becomes_one_task_whose_criteria_are_its_failed_steps():
    run = posted(triaged(walked(built(), "j2"), finding("j2")))
    assert run.journeys[-1].deadline == T0 + timedelta(minutes=run.config.pilot.grace_minutes)
    assert applied(run, 0).journeys[-1].state is RoundState.POSTED, "not before its grace has passed"
    run = applied(run)
    assert states(run)["t3"] == "pending"
    task = run.plan.task("t3")
    assert [c.text for c in task.criteria] == ["j2.s2: c Then: d"]
    assert "mend it" in task.goal
    run = mended(run, "t3")
    assert (run.journeys[-1].number, state(run)) == (2, "testing")
    run = applied(posted(walked(run)), 0)
    assert run.outcome is Outcome.DONE


def test_nothing_is_added_before_its_comment_stands():
    run = triaged(walked(built(), "j2"), finding("j2"))
    event = e.JourneysApplied(at=at(9999), round=1, revision=run.journeys[-1].revision)
    assert "t3" not in fold(run, event).tasks


@pytest.mark.parametrize(
    ("first", "second", "following"),
    [(("j1", "j2"), ("j1",), Next.FIX), (("j1",), ("j1",), Next.ASK), (("j1",), ("j1", "j2"), Next.ASK)],
)
def test_rounds_go_on_only_while_failing_journeys_strictly_decrease(first, second, following):
    run = mended(failed_round(built(), *first), "t3")
    run = triaged(walked(run, *second), *(finding(key) for key in second))
    assert run.journeys[-1].next is following


def test_after_three_rounds_a_person_is_asked_and_allows_one_more():
    run = mended(failed_round(built(), "j1", "j2", "j3"), "t3")
    run = mended(failed_round(run, "j1", "j2"), "t4")
    run = posted(triaged(walked(run, "j1"), finding("j1")))
    wait = waits_for(run)
    assert (run.journeys[-1].number, run.journeys[-1].next) == (3, Next.ASK)
    assert wait is not None
    assert (wait.kind, wait.reply) == ("journeys", "/otto retry -- your answer")
    run = applied(posted(fold(run, said("/otto retry -- try once more"))))
    assert "try once more" in run.plan.task("t5").goal
    run = mended(run, "t5")
    assert run.journeys[-1].number == 4


def test_a_planning_failure_is_planned_anew_once():
    run = failed_round(built(), "j1", "j2", kind="planning")
    assert (run.phase, run.plan_number, run.journey_replans) == (RunPhase.PLANNING, 1, 1)
    more = run.plan.model_copy(update={"tasks": (*run.plan.tasks, product("t3").tasks[0])})
    assert fold(run, e.PlanMade(at=T0, number=1, plan=product("t3"))) is run, "what is merged stays in the plan"
    run = fold(
        run, e.PlanMade(at=T0, number=1, plan=more), e.PlanPosted(at=T0, revision=run.revision + 1, comment_id=5)
    )
    assert (run.phase, states(run)["t3"], run.tasks["t3"].origin) == (RunPhase.EXECUTING, "pending", "replan")
    run = triaged(walked(mended(run, "t3"), "j1"), finding("j1", "planning"))
    assert run.journeys[-1].next is Next.ASK


def test_a_fix_that_would_bring_what_the_plan_leaves_out_is_a_persons_to_say():
    run = triaged(walked(built(), "j2"), finding("j2", guidance="Add sending mail. It is needed."))
    assert (run.journeys[-1].next, run.journeys[-1].findings[0].kind.value) == (Next.ASK, "scope")


def test_scope_is_asked_and_a_yes_takes_the_product_as_it_is():
    run = posted(triaged(walked(built(), "j2"), finding("j2", "scope")))
    assert waits_for(run).question == "in or out?"
    run = fold(run, said(f"/otto approve r{run.journeys[-1].revision}"))
    assert applied(run).outcome is Outcome.DONE


def test_what_a_person_takes_as_it_is_is_not_asked_again():
    run = posted(triaged(walked(built(), "j1", "j2"), finding("j1"), finding("j2")))
    run = applied(posted(fold(run, said("/otto skip j1"))))
    assert run.plan.task("t3").title.startswith("Mend what journey j2 ")
    run = walked(mended(run, "t3"), "j1")
    assert (run.journeys[-1].state, run.journeys[-1].next) == (RoundState.DECIDED, Next.NOTHING)
    assert applied(posted(run)).outcome is Outcome.DONE


def test_a_pause_stops_the_clock_and_a_resume_gives_the_whole_grace_again():
    run = posted(triaged(walked(built(), "j2"), finding("j2")))
    run = fold(run, said("/otto pause", seconds=10))
    assert applied(run).journeys[-1].state is RoundState.POSTED
    run = fold(run, said("/otto resume", seconds=1000))
    assert run.journeys[-1].deadline == at(1000) + timedelta(minutes=run.config.pilot.grace_minutes)


def test_an_old_number_is_refused():
    run = posted(triaged(walked(built(), "j2"), finding("j2")))
    old = run.journeys[-1].revision
    run = posted(fold(run, said("/otto retry j2 -- differently")))
    run = fold(run, said(f"/otto approve r{old}"))
    assert run.replies[-1].key == "stale_revision"


def test_journeys_are_not_walked_where_the_repository_says_so():
    run = built(config(journeys=False))
    assert (run.journeys, run.outcome) == ((), Outcome.DONE)


def test_what_cannot_be_tested_ends_the_run_and_is_said():
    run = fold(built(), e.JourneysSkipped(at=T0, round=1, reason="no sandbox"))
    assert (run.outcome, run.journeys[-1].skipped) == (Outcome.DONE, "no sandbox")


def test_actions_is_asked_looked_at_and_asked_again_where_nothing_came():
    run = built()
    head = run.journeys[-1].head
    first = [effect.key for effect in due(run, T0) if effect.kind == "journeys"]

    def step(event: e.RunEvent, seconds: float = 0) -> list[str]:
        nonlocal run
        run = fold(run, event)
        return [effect.key for effect in scheduled(run) if effect.kind == "journeys"]

    written = step(e.JourneysDispatched(at=T0, round=1, head=head, script="s", next_at=T0, calls=1, usd=0.5))
    going = step(e.JourneysDispatched(at=T0, round=1, head=head, script="s", run_id=5, url="u", next_at=at(2)))
    assert (run.journeys[-1].dispatched.run_id, run.journeys[-1].dispatches) == (5, 1)
    later = step(e.JourneysPolled(at=at(2), round=1, head=head, next_at=at(5), waiting="waits for it"))
    lost = step(e.JourneysPolled(at=at(5), round=1, head=head, next_at=at(5), lost="no log"))
    assert run.journeys[-1].dispatched is None
    assert len({*first, *written, *going, *later, *lost}) == 5, "each look is an effect of its own"
    step(e.JourneysDispatched(at=T0, round=1, head=head, script="s2", next_at=T0, calls=1, usd=0.5))
    assert (run.journeys[-1].dispatches, run.journeys[-1].usd) == (2, 1.0)
    run = walked(run)
    assert (run.journeys[-1].calls, run.journeys[-1].dispatched) == (2, None)


def test_a_push_while_actions_walks_begins_the_round_anew_on_what_is_there_now():
    run = built()
    head = run.journeys[-1].head
    run = fold(run, e.JourneysDispatched(at=T0, round=1, head=head, script="s", next_at=T0))
    run = fold(run, e.RunBranchMoved(at=T0, sha="theirs", tree="tree-theirs", by="bob"))
    assert (run.journeys[-1].head, run.journeys[-1].dispatched) == ("theirs", None)
    late = e.JourneysDispatched(at=T0, round=1, head=head, script="s", run_id=5, next_at=T0)
    assert fold(run, late).journeys[-1].dispatched is None


def certified(status: str, *failing: str) -> Run:
    run = fold(None, run_started(kind="certify", subject=product()), ready())
    assert (run.phase, run.journeys[-1].head) == (RunPhase.JOURNEYS, "base")
    verdict = Verdict(items=(VerdictItem.model_validate({"id": "c1", "status": status}),))
    walked_ = e.JourneysTested(
        at=T0, round=1, head="base", via="sandbox", report=report(*failing), verdicts={"t1": verdict, "t2": verdict}
    )
    return applied(posted(fold(run, walked_)), 0)


@pytest.mark.parametrize(
    ("status", "failing", "outcome"),
    [("met", (), "done"), ("not_met", (), "failed"), ("unclear", (), "failed"), ("met", ("j2",), "failed")],
)
def test_certify_writes_nothing_and_ends_with_what_holds(status, failing, outcome):
    run = certified(status, *failing)
    assert (run.outcome, run.ended, run.tasks, run.pull_request) == (Outcome(outcome), True, {}, None)
    assert not [effect for effect in scheduled(run) if effect.kind in ("code", "push", "open_pull_request", "triage")]


def test_certify_without_an_earlier_plan_makes_one_first():
    run = fold(None, run_started(kind="certify"), ready())
    assert run.phase is RunPhase.PLANNING
    run = fold(run, e.PlanMade(at=T0, number=0, plan=product()))
    assert (run.phase, run.plan, run.subject) == (RunPhase.JOURNEYS, None, product())


KEYS = ("j1", "j2", "j3")
MOVES = st.lists(
    st.tuples(
        st.sets(st.sampled_from(KEYS)),
        st.sampled_from(["implementation", "planning", "scope"]),
        st.sampled_from(["", "/otto approve", "/otto skip j1", "/otto retry", "/otto retry -- so", "/otto pause"]),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=40, deadline=None)
@given(MOVES)
def test_whatever_is_found_rounds_are_bounded_and_a_replan_comes_once(moves):
    run = built()
    for number, (failing, kind, word) in enumerate(moves):
        if state(run) != "testing":
            break
        run = walked(run, *failing)
        if state(run) == "tested":
            run = triaged(run, *(finding(key, kind) for key in run.journeys[-1].report.failing))
        run = posted(run)
        if word:
            run = fold(run, said(word, key=f"{word}{number}"))
            run = posted(run) if state(run) == "decided" else run
        run = fold(run, said("/otto resume", key=f"go{number}")) if run.hold is not None else run
        run = applied(run, 10**7 * (number + 1))
        added = [key for key, task in run.tasks.items() if task.origin == "journeys" and not task.attempts]
        run = mended(run, added[0]) if added else run
    assert len(run.journeys) <= 3 + run.journey_grants
    assert run.journey_replans <= 1
    for earlier, later in zip(run.journeys, run.journeys[1:], strict=False):
        if later.next is Next.FIX and later.decided_by != "human":
            assert len(later.report.failing) < len(earlier.report.failing) or earlier.waived


def test_a_plan_that_cannot_grow_asks_a_person_whose_words_are_planned():
    run = failed_round(built(), "j1", kind="planning")
    run = fold(run, e.Refused(at=T0, reason="no answer could be used", reply="/otto replan -- what to plan"))
    assert waits_for(run).reply == "/otto replan -- what to plan"
    run = fold(run, said("/otto replan -- plan a brush"))
    assert (run.hold, run.phase, run.plan_number, run.plan_guidance) == (None, RunPhase.PLANNING, 2, "plan a brush")


def test_where_the_money_is_used_up_for_good_the_product_can_still_be_taken_as_it_is():
    run = posted(triaged(walked(built(), "j2"), finding("j2", "scope")))
    used = e.MoneySettled(at=T0, call="c", usage=Usage(usd=run.money.cap))
    run = fold(run, e.MoneyReserved(at=T0, call="c", usd=run.money.cap), used)
    run = run.model_copy(update={"caps": run.caps.model_copy(update={"usd": run.money.cap})})
    assert waits_for(run).reply == f"/otto approve r{run.journeys[-1].revision}"
