"""What decisions were worth, counted over runs that the state machine really went through."""

import random
from datetime import timedelta

import pytest
from core_builders import (
    T0,
    applied,
    config,
    decision,
    ended,
    executing,
    fold,
    gate,
    merge_all,
    plan,
    posted,
    said,
    spec,
    to_failed,
    to_verified,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core.decision import Analysis, Decider
from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.core.gate_account import GateReply, Shadow
from otto_bot.core.insight import Counting, insight
from otto_bot.core.insight_values import EstimateInsight, Insight, Tally
from otto_bot.core.run import Run
from otto_bot.core.values import Usage

PLAN = plan("t1", "t2", spec("t3", "t2"))


def failed(settings: object = None, cause: Cause = Cause.TEST, **start: object) -> Run:
    red = (*to_failed("t1", cause=cause, sha="sha-t1-1"), *to_failed("t2", cause=cause, sha="sha-t2-1"))
    return fold(executing(PLAN, settings, **start), *red)


def go(run: Run) -> Run:
    run = posted(run)
    return applied(run) if run.gates[-1].deadline else applied(fold(run, said("/otto approve", key=str(len(run.seen)))))


def decided(run: Run, moves: dict[str, str], **changes: object) -> Run:
    return go(gate(run, moves, **changes))


def test_nothing_was_decided_yet() -> None:
    assert insight([]) == Insight(deciders=insight([]).deciders)
    assert insight([failed()]) == insight([]).model_copy(update={"estimates": EstimateInsight(without=1)})


def test_reopened_attempts_count_for_who_decided() -> None:
    one = fold(decided(failed(), {"t1": "retry", "t2": "retry"}), *to_verified("t1", 2), *to_failed("t2", 2))
    two = decided(failed(), {"t1": "retry", "t2": "retry"}, decided_by=Decider.REPLAN)
    two = fold(two, *to_failed("t1", 2, Cause.MERGE_CONFLICT))
    found = insight([one, two])
    assert (found.runs, found.gates) == (2, 2)
    assert found.deciders["pilot"].attempts == Tally(reopened=2, passed=1, failed=1)
    assert found.deciders["replan"].attempts == Tally(reopened=2, failed=1, not_charged=1, open=1)
    assert found.deciders["rules"].attempts == Tally()
    assert found.causes == {"test": Tally(reopened=4, passed=1, failed=2, not_charged=1, open=1)}
    assert set(found.classes) == {"code"}


def test_a_move_a_person_changed_counts_for_the_person() -> None:
    run = fold(posted(gate(failed(), {"t1": "retry", "t2": "retry"})), said("/otto retry t1 -- use dicts"))
    run = fold(go(run), *to_verified("t1", 2), *to_verified("t2", 2))
    found = insight([run]).deciders
    assert (found["pilot"].gates, found["human"].gates) == (1, 0)
    assert found["pilot"].attempts == found["human"].attempts == Tally(reopened=1, passed=1)


def test_a_fixed_move_counts_for_the_rules_and_a_rerun_is_no_attempt() -> None:
    run = decided(failed(cause=Cause.INFRA), {"t1": "rerun", "t2": "rerun"}, decided_by=Decider.RULES)
    run = fold(run, e.JobsRerun(at=T0, target="t1/a1", round=2), ended("t1"))
    rules = insight([run]).deciders["rules"]
    assert (rules.reruns, rules.reruns_passed, rules.attempts) == (2, 1, Tally())


@pytest.mark.parametrize(("merged", "wrong"), [(True, 1), (False, 0)])
def test_a_skip_is_wrong_where_a_person_brought_it_back_and_it_was_merged(merged: bool, wrong: int) -> None:
    run = fold(decided(failed(), {"t1": "skip", "t2": "retry"}), *to_verified("t2", 2))
    run = fold(merge_all(run), *to_verified("t3"))
    run = go(fold(merge_all(run), said("/otto retry t1")))
    run = merge_all(fold(run, *to_verified("t1", 2))) if merged else fold(run, *to_failed("t1", 2))
    found = insight([run]).deciders
    assert (found["pilot"].skips, found["pilot"].wrong_skips) == (1, wrong)
    assert (found["human"].gates, found["human"].attempts.passed) == (1, int(merged))


def test_a_persons_own_skip_is_nobodys_mistake() -> None:
    run = fold(posted(gate(failed(), {"t1": "retry", "t2": "retry"})), said("/otto skip t1"))
    run = fold(go(run), *to_verified("t2", 2))
    found = insight([run]).deciders
    assert (found["human"].skips, found["human"].wrong_skips, found["pilot"].skips) == (1, 0, 0)


def test_questions_and_holds_and_what_they_led_to() -> None:
    run = decided(failed(), {"t1": "ask", "t2": "hold"})
    waiting = insight([run]).deciders
    assert (waiting["pilot"].asked, waiting["pilot"].answered) == (1, 0)
    assert (waiting["rules"].held, waiting["rules"].held_went_on) == (1, 0)
    done = insight([fold(run, said("/otto retry t1,t2"))]).deciders
    assert (done["pilot"].answered, done["rules"].held_went_on) == (1, 1)


def call(role: str = "pilot", tries: int = 1, **changes: object) -> GateReply:
    given = {"call": f"{role}/{tries}", "role": role, "tries": tries, "seconds": 2.0, "usage": Usage(usd=0.1)}
    return GateReply.model_validate({**given, **changes})


def made(run: Run, decided_by: Decider, replies: tuple[GateReply, ...], shadow: Shadow | None = None) -> Run:
    choice = decision({"t1": "retry", "t2": "retry"}, decided_by=decided_by)
    event = e.DecisionMade(
        at=T0, gate=1, decision=choice, replies=replies, calls=len(replies), shadow=shadow,
        usd=sum(reply.usage.usd for reply in replies),
    )  # fmt: skip
    return go(fold(run, e.GateOpened(at=T0, gate=1), event))


def test_cost_latency_rejections_and_fallbacks() -> None:
    good = made(failed(), Decider.PILOT, (call(problems=("batches: x",)), call(tries=2, seconds=4)))
    fallen = made(failed(), Decider.REPLAN, (call(error="down", usage=Usage()), call("replan")))
    off = made(failed(config(pilot={"enabled": False})), Decider.REPLAN, (call("replan"),))
    free = decided(failed(), {"t1": "retry", "t2": "retry"}, decided_by=Decider.RULES)
    found = insight([good, fallen, off, free])
    model = found.model
    assert (model.gates_with_calls, model.calls, model.rejected, model.failed_calls) == (3, 5, 1, 1)
    assert (model.pilot_gates, model.fallbacks) == (2, 1)
    pilot, replan = found.deciders["pilot"], found.deciders["replan"]
    assert (pilot.usd.count, pilot.usd.total, pilot.seconds.p50) == (1, 0.2, 6)
    assert (replan.usd.count, replan.usd.total, replan.seconds.p50, replan.seconds.p95) == (2, 0.2, 2, 4)
    assert found.deciders["rules"].usd.count == 0


def test_percentiles_are_of_the_nearest_rank() -> None:
    runs = [made(failed(), Decider.PILOT, (call(seconds=n),)) for n in random.Random(1).sample(range(1, 101), 100)]
    seconds = insight(runs).deciders["pilot"].seconds
    assert (seconds.count, seconds.p50, seconds.p95, seconds.total) == (100, 50, 95, 5050)


def test_a_shadow_is_held_against_what_was_done_and_came_of_it() -> None:
    would = decision({"t1": "skip", "t2": "retry"}, decided_by=Decider.PILOT)
    shadow = Shadow(decision=would, usd=0.1, seconds=2)
    settings = config(pilot={"mode": "shadow"})
    run = made(failed(settings), Decider.REPLAN, (call(), call("replan", usage=Usage(usd=0.03))), shadow)
    run = fold(run, *to_verified("t1", 2), *to_failed("t2", 2))
    found = insight([run])
    assert (found.shadow.gates, found.shadow.decided, found.shadow.moves, found.shadow.same) == (1, 1, 2, 1)
    assert (found.shadow.same_failed, found.shadow.other_passed, found.shadow.skip_but_passed) == (1, 1, 1)
    assert (found.shadow.usd.total, found.deciders["replan"].usd.total) == (0.1, 0.03)
    assert found.deciders["replan"].attempts == Tally(reopened=2, passed=1, failed=1)
    assert (found.model.pilot_gates, found.deciders["pilot"].gates) == (0, 0)


@pytest.mark.parametrize(
    ("would", "skips", "asks"), [("ask", 0, 1), ("skip", 1, 0), ("retry_different", 0, 0), ("hold", 0, 0)]
)
def test_what_the_shadow_would_have_done_instead_is_counted_by_its_kind(would: str, skips: int, asks: int) -> None:
    mind = decision({"t1": would, "t2": "retry"}, decided_by=Decider.PILOT)
    run = made(failed(config(pilot={"mode": "shadow"})), Decider.REPLAN, (call(),), Shadow(decision=mind))
    found = insight([fold(run, *to_verified("t1", 2), *to_verified("t2", 2))]).shadow
    assert (found.skip_but_passed, found.ask_but_passed) == (skips, asks)
    assert (found.moves, found.same, found.same_passed, found.other_passed) == (2, 1, 1, 1)
    assert (found.same_failed, found.other_failed) == (0, 0)


def test_tasks_that_only_the_shadow_would_have_moved_are_moves_of_its_own() -> None:
    """`t3` had its turn and was merged, where the pilot would have left it out."""
    mind = decision({"t1": "retry", "t2": "retry", "t3": "skip"}, decided_by=Decider.PILOT)
    run = made(failed(config(pilot={"mode": "shadow"})), Decider.REPLAN, (call(),), Shadow(decision=mind))
    run = merge_all(fold(run, *to_verified("t1", 2), *to_verified("t2", 2)))
    at_work = insight([run]).shadow
    assert (at_work.moves, at_work.skip_but_passed) == (3, 0)
    done = insight([merge_all(fold(run, *to_verified("t3")))]).shadow
    assert (done.moves, done.skip_but_passed) == (3, 1)


def test_a_pilot_without_a_word_in_shadow_is_compared_with_nothing() -> None:
    shadow = Shadow(decision=decision({"t1": "retry", "t2": "retry"}, decided_by=Decider.REPLAN))
    found = insight([made(failed(config(pilot={"mode": "shadow"})), Decider.REPLAN, (call(),), shadow)])
    assert (found.shadow.gates, found.shadow.decided, found.shadow.moves) == (1, 0, 0)


def test_classes_are_the_decisions_own_where_it_has_one() -> None:
    read = (Analysis(task="t1", class_=FailureClass.SPEC, summary="s"),)
    run = decided(failed(), {"t1": "retry", "t2": "retry"}, analysis=read)
    assert set(insight([run]).classes) == {"spec", "code"}


def test_gates_before_the_time_do_not_count() -> None:
    run = decided(failed(), {"t1": "retry", "t2": "retry"})
    assert insight([run], T0).gates == 1
    assert insight([run], T0 + timedelta(seconds=1)).gates == 0


def test_runs_of_an_older_version_are_counted_by_their_attempts() -> None:
    run = fold(decided(failed(), {"t1": "retry", "t2": "retry"}), *to_verified("t1", 2), *to_failed("t2", 2))
    data = run.model_dump(mode="json", by_alias=True)
    for one in data["gates"]:
        del one["account"]
    assert insight([Run.model_validate(data)]).deciders["pilot"].attempts == Tally(reopened=2, passed=1, failed=1)


def test_counting_one_by_one_is_counting_all() -> None:
    runs = [fold(decided(failed(), {"t1": "retry", "t2": "retry"}), *to_verified("t1", 2)) for _ in range(3)]
    counting = Counting()
    for run in runs:
        counting.add(run)
    assert counting.result() == insight(runs)
    assert counting.result().deciders["pilot"].attempts.passed == 3
