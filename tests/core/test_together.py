"""Where one rule of the run meets another: money and people, rests and decisions, jobs that come late."""

from datetime import timedelta

from core_builders import (
    T0,
    applied,
    at,
    config,
    decision,
    executing,
    fold,
    gate,
    plan,
    planned,
    posted,
    said,
    started,
    states,
    to_failed,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.evidence import Cause, Excerpt
from otto_bot.core.failing import LATE_TRIES
from otto_bot.core.invariants import broken_step
from otto_bot.core.run import Outcome, Run
from otto_bot.core.surfaces import STATUS, labels, surfaces
from otto_bot.core.trouble import TROUBLE_LIMIT
from otto_bot.core.waits import waits_for


def resting(action: str = "ask", **start: object) -> Run:
    """A run whose only task waits for a person."""
    run = fold(executing(plan("t1"), **start), *to_failed("t1"))
    run = applied(fold(posted(gate(run, {"t1": action})), said("/otto approve r2", seconds=1)))
    assert run.outcome is Outcome.NEEDS_HUMAN
    return run


def kinds(run: Run) -> set[EffectKind]:
    return {effect.kind for effect in scheduled(run)}


def test_nobody_is_called_while_their_answer_is_on_its_way() -> None:
    """Not before its decision is posted either, and not by the label."""
    run = resting()
    assert EffectKind.CALL in kinds(run)
    run = fold(run, said("/otto retry t1 -- dicts", seconds=2))
    assert waits_for(run) is None
    assert EffectKind.CALL not in kinds(run)
    assert labels(run)["otto:needs-human"] is False
    assert EffectKind.POST_DECISION in kinds(run)


def test_a_decision_after_the_end_that_cannot_be_posted_is_a_persons() -> None:
    """The run rests already, and still somebody has to be asked: the answer would be lost without a word."""
    run = fold(resting(), said("/otto retry t1 -- dicts", seconds=2))
    for other in ("run/1/show/status/9", "run/1/decision/g2/r2"):
        before = run
        run = fold(run, e.EffectFailed(at=at(3), key=other, kind="x", message="no right"))
        assert (run.hold, waits_for(run)) == (before.hold, None)
    assert run.gate is not None
    run = fold(run, e.EffectFailed(at=at(4), key="run/1/decision/g2/r3", kind="x", message="no right"))
    wait = waits_for(run)
    assert wait is not None
    assert (wait.question, wait.reply) == ("no right", "/otto resume")
    run = fold(run, said(wait.reply, seconds=5))
    assert EffectKind.POST_DECISION in kinds(run)
    run = posted(run, 6)
    run = fold(run, e.EffectFailed(at=at(7), key="run/1/apply/g2/r3", kind="x", message="stuck"))
    assert waits_for(run) is not None


def test_a_base_that_cannot_be_taken_in_is_a_persons() -> None:
    run = fold(executing(plan("t1")), *to_failed("t1"))
    run = applied(fold(posted(gate(run, {"t1": "hold"})), said("/otto approve r2", seconds=1)))
    run = fold(run, e.BaseMoved(at=at(2), sha="new"))
    taking = next(effect for effect in scheduled(run) if effect.kind is EffectKind.TAKE_BASE)
    run = fold(run, e.EffectFailed(at=at(3), key=taking.key, kind="x", message="refused"))
    assert run.hold is not None
    run = fold(run, said("/otto resume", seconds=4))
    assert EffectKind.TAKE_BASE in kinds(run)


def test_a_reply_that_could_not_be_written_is_tried_again_when_someone_speaks() -> None:
    """Replies are written one after the other: one that is stuck keeps back all later ones."""
    run = fold(executing(plan("t1")), said("/otto status", seconds=1))
    for over in (False, True):
        if over:
            run = fold(run, said("/otto stop", seconds=3))
        run = fold(run, e.EffectFailed(at=at(4), key="run/1/reply/1", kind="x", message="locked"))
        run = run.model_copy(update={"hold": None})
        assert EffectKind.REPLY not in kinds(run)
        run = fold(run, said("/otto help", seconds=5 + over))
        assert EffectKind.REPLY in kinds(run)


def test_money_is_asked_for_as_it_stands_when_the_refusal_arrives() -> None:
    """Someone allowed more while the call was being refused: the old sum would be above the host's cap."""
    run = executing(plan("t1"), config(budget={"usd": 6}), caps={"usd": 10})
    run = fold(run, e.MoneyReserved(at=T0, call="c", usd=20), e.MoneyReserved(at=T0, call="c", usd=8))
    late = e.Refused(at=at(2), reason="money", reply="/otto budget +4", money=True)
    run = fold(run, said("/otto budget +1", seconds=1), late)
    wait = waits_for(run)
    assert wait is not None
    assert wait.reply == "/otto budget +3"
    run = fold(run, said(wait.reply, seconds=3))
    assert run.replies[-1].key == "budget_raised"
    assert run.hold is None


def test_minutes_that_are_not_over_any_more_stop_nothing() -> None:
    """The clock's message may be late: people gave more minutes meanwhile, or are being waited for."""
    run = fold(executing(plan("t1"), config(budget={"minutes": 1})), started("t1"))
    up = fold(run, e.TimeUsedUp(at=at(60)))
    assert up.hold is not None
    longer = fold(up, said("/otto budget +1", seconds=61), e.TimeUsedUp(at=at(62)))
    assert longer.hold is None
    asked = fold(executing(plan("t1"), config(budget={"minutes": 1})), *to_failed("t1"))
    asked = posted(gate(asked, {"t1": "ask"}), 59)
    wait = waits_for(asked)
    assert waits_for(fold(asked, e.TimeUsedUp(at=at(61)))) == wait


def test_the_money_comes_first_where_the_answer_could_not_be_paid() -> None:
    """`/otto retry` would be refused: people are told what helps now, and are asked the question after it."""
    for asked in (resting(), posted(gate(fold(executing(plan("t1")), *to_failed("t1")), {"t1": "ask"}))):
        question = waits_for(asked)
        assert question is not None
        run = fold(asked, e.MoneyReserved(at=at(2), call="c", usd=asked.money.left), e.MoneySettled(at=at(2), call="c"))
        wait = waits_for(run)
        assert wait is not None
        assert (wait.reply, wait.key) == ("/otto budget +5", f"{question.key}/money")
        paid = fold(run, said(wait.reply, seconds=3))
        assert waits_for(paid) == question
        paid = fold(paid, said(question.reply, seconds=4))
        assert paid.replies[-1].key == "budget_raised"
        assert paid.gates[-1].state == "decided"


def test_where_no_money_can_come_the_way_out_is_said() -> None:
    run = resting(settings=config(budget={"usd": 2}), caps={"usd": 2})
    run = fold(run, e.MoneyReserved(at=at(2), call="c", usd=2), e.MoneySettled(at=at(2), call="c"))
    wait = waits_for(run)
    assert wait is not None
    assert wait.reply == "/otto skip t1"
    assert "the host of Otto allows no more" in wait.question


def test_no_revision_counts_that_nobody_could_read() -> None:
    """Whatever would apply it, or let jobs run again without it, is refused as a broken rule."""
    run = posted(gate(fold(executing(plan("t1")), *to_failed("t1", cause=Cause.INFRA)), {"t1": "rerun"}))
    done = applied(run, 1)
    assert broken_step(run, done) == ()
    changed = done.with_gate(done.gates[0].model_copy(update={"revision": 9}))
    assert "1: r9 of gate 1 is applied and not posted" in broken_step(run, changed)
    assert "1: gate 1 changed after it was applied" in broken_step(done, changed)
    again = run.with_verification(done.verifications["t1/a1"])
    assert broken_step(run, again) == ("1: the jobs of t1/a1 run again without a posted decision",)
    other = done.with_gate(done.gates[0].model_copy(update={"decision": decision({"t1": "retry"})}))
    assert "1: the jobs of t1/a1 run again without a posted decision" in broken_step(run, other)


def test_the_texts_of_a_failure_are_kept_with_its_attempt_and_its_gate_alone() -> None:
    """A snapshot is written at every event: a verification needs no copy of what its attempt holds."""
    words = (Excerpt(kind="log", source="verify", text="E   ModuleNotFoundError: flask"),)
    run = fold(executing(plan("t1")), *to_failed("t1", excerpts=words))
    run = gate(run, {"t1": "retry"})
    why = run.task("t1").failure
    assert why is not None
    assert (why.excerpts, run.gates[0].failures) == (words, (why,))
    assert run.verifications["t1/a1"].failure == why.model_copy(update={"excerpts": ()})


def test_a_task_that_was_at_work_before_its_move_counted_has_an_outcome() -> None:
    """A person changed the plan to and fro while the task, still to come, began by itself: it keeps what it has."""
    run = fold(executing(plan("t1", "t2")), said("/otto skip t2", seconds=1), said("/otto retry t2", seconds=2))
    run = fold(run, said("/otto skip t1", seconds=3), started("t1"), said("/otto retry t1", seconds=4))
    run = applied(posted(run, 5))
    assert states(run) == {"t1": "coding", "t2": "reopened"}
    assert run.gates[0].outcomes == {"t1": "was at work already, and went on"}


def test_while_a_new_plan_is_made_nothing_of_the_old_one_comes_back() -> None:
    """There is no pull request yet: its decision could be posted nowhere."""
    run = fold(planned(plan("t1", "t2"), config(plan={"approval": "always"})), said("/otto skip t1", seconds=1))
    run = fold(run, said("/otto replan", seconds=2))
    asked = fold(run, said("/otto retry t1", seconds=3))
    assert (asked.gates, asked.replies[-1].key) == ((), "cannot_retry")
    held = fold(run, e.Refused(at=at(4), reason="no key"), said("/otto retry t1", seconds=5))
    assert (held.gates, held.hold) == ((), None)


def test_what_a_run_that_is_over_owes_is_tried_for_two_days_and_again_when_someone_speaks() -> None:
    """Nobody can be asked any more, and its issue may be gone for good."""
    run = fold(executing(plan("t1")), said("/otto stop", seconds=1))
    assert run.ended
    (owed,) = [effect for effect in scheduled(run) if effect.target == STATUS]
    begun = now = at(2)
    tries = 0
    while waiting := [effect for effect in scheduled(run) if effect.key == owed.key]:
        now = max(now, waiting[0].not_before or now)
        soon = now + timedelta(minutes=5)
        run = fold(run, e.EffectFailed(at=now, key=owed.key, kind="github", message="gone", retry_at=soon))
        tries += 1
    assert tries == TROUBLE_LIMIT + LATE_TRIES
    assert timedelta(days=2) < now - begun < timedelta(days=2, hours=1)
    run = fold(run, said("/otto help", seconds=200_000))
    assert owed.key in {effect.key for effect in scheduled(run)}


def test_a_step_that_fails_again_and_again_at_rest_is_no_reason_to_write_the_status_again() -> None:
    run = fold(executing(plan("t1")), said("/otto stop", seconds=1))
    failed = e.EffectFailed(at=at(9), key="run/1/tidy/7", kind="github", message="gone", retry_at=at(20))
    assert surfaces(fold(run, failed))[STATUS] == surfaces(run)[STATUS]
    working = executing(plan("t1"))
    assert surfaces(fold(working, failed))[STATUS] != surfaces(working)[STATUS]
