"""Money to the cent, and who is asked for it: a sum that is off is spent against somebody's word."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest

from otto_bot.agents.rules import money_decision
from otto_bot.core import events as e
from otto_bot.core import funds, policy
from otto_bot.core.attempt import TaskState
from otto_bot.core.budget import Inherited, Money, estimate, grant_needed, inherited
from otto_bot.core.decision import Decider
from otto_bot.core.evidence import Cause, Phase
from otto_bot.core.plan import Plan
from otto_bot.core.run import Gate, GateState, Hold, Run, RunPhase
from otto_bot.core.surfaces import surfaces
from otto_bot.core.values import Usage

PLAN = b.plan("t1", "t2")


def test_who_begins_has_spent_nothing_and_was_granted_nothing() -> None:
    assert Money(cap=10) == Money(
        cap=10, inherited=0, granted=0, reserved={}, settled=0, calls=0, at_gates={}, by_task={}, needed=0
    )
    assert (Inherited().usd, Inherited().granted) == (0, 0)
    assert Money(cap=10).left == 10


def test_each_sum_holds_exactly_what_it_names() -> None:
    money = Money(cap=100, inherited=40, settled=8, reserved={"a": 1.5, "b": 0.5})
    assert (money.spent, money.held, money.own, money.committed, money.left) == (48, 2, 10, 50, 50)


@pytest.mark.parametrize(("cap", "left"), [(50.5, 0.5), (50, 0), (49, 0), (1, 0)])
def test_where_the_cap_was_lowered_below_what_is_spent_nothing_is_left_and_never_less(cap: float, left: float) -> None:
    assert Money(cap=cap, inherited=40, settled=10).left == left


@pytest.mark.parametrize(
    ("usd", "fits"), [(0.0, True), (0.3, True), (0.1 + 0.2, True), (0.300001, False), (-0.000001, False)]
)
def test_a_call_fits_to_the_last_cent_whatever_floats_make_of_it(usd: float, fits: bool) -> None:
    assert (Money(cap=0.3).reserve("a", usd) is not None) is fits


@pytest.mark.parametrize(("usd", "spent"), [(0.1, 0.1), (0.1 + 0.2, 0.1 + 0.2), (0.300001, 0.3)])
def test_a_usage_is_believed_up_to_the_whole_reservation(usd: float, spent: float) -> None:
    after = Money(cap=10, reserved={"a": 0.3}).settle("a", Usage(input_tokens=7, usd=usd))
    assert (after.settled, after.reserved) == (spent, {})
    assert after.usage.input_tokens == (7 if spent == usd else 0)


def test_each_call_that_ended_counts_once_and_belongs_to_its_task() -> None:
    """The estimate of the next plan stands on what each task's coder and judge cost."""
    money = Money(cap=10)
    for call, held, usd in [
        ("run/1/code/t1/a1/g0/n0/try1", 1.0, 0.5),
        ("run/1/judge/t1/a1/g0/n0/try1", 1.0, 0.25),
        ("run/12/code/t20/a2/g0/n0/try1", 2.0, None),
        ("run/1/plan/-/a0/g0/n0/try1", 1.0, 0.125),
    ]:
        before = money.reserve(call, held)
        assert before is not None
        money = before.settle(call, None if usd is None else Usage(usd=usd))
    assert (money.by_task, money.at_gates) == ({"t1": 0.75, "t20": 2.0}, {})
    assert (money.calls, money.settled, money.usage.usd) == (4, 2.875, 0.875)
    assert money.settle("unknown", Usage(usd=1)) is money
    assert money.lost("unknown") is money


def test_the_newest_runs_account_counts_where_older_runs_are_gone() -> None:
    older = Money(cap=50, inherited=1, settled=1, granted=9)
    newest = Money(cap=50, inherited=30, settled=2, reserved={"a": 1}, granted=3)
    assert inherited([older, newest]) == Inherited(usd=33, granted=9)
    assert inherited([older, Money(cap=50, settled=4)]) == Inherited(usd=5, granted=9)


@pytest.mark.parametrize(
    ("committed", "need", "host", "dollars"),
    [
        (10, 0.5, 11, 1),
        (10, 1, 11, 1),
        (10, 1.5, 11, None),
        (10, 2, 12, 2),
        (10, 0.1 + 0.2, 10.999, None),
        (0, 1, 10, None),
        (0, 1, 11, 1),
        (10, 5.0 + 1e-12, 50, 5),
    ],
)
def test_a_whole_dollar_at_least_is_asked_for_and_no_more_than_the_host_allows(
    committed: float, need: float, host: float, dollars: int | None
) -> None:
    """`/otto budget +0` would bring nobody on, and more than the host's room would be refused."""
    assert grant_needed(Money(cap=10, settled=committed), host, need) == dollars


def _sized(*sizes: str) -> Plan:
    tasks = [b.spec(f"t{at}").model_copy(update={"size": size}) for at, size in enumerate(sizes, start=1)]
    return b.plan(*tasks)


@pytest.mark.parametrize(
    ("sizes", "usd"),
    [("S", (0.05, 0.5)), ("M", (0.1, 1.2)), ("L", (0.3, 3.0)), ("SML", (0.45, 4.7)), ("SSS", (0.15, 1.5))],
)
def test_a_plan_without_history_is_reckoned_by_its_sizes(sizes: str, usd: tuple[float, float]) -> None:
    """Below the limit of a cheap plan work starts unasked: the guess decides who is asked."""
    assert estimate(_sized(*sizes)) == usd


def _broke(key: str) -> e.AttemptFailed:
    why = b.failure(key, 1, Cause.BUDGET, phase=Phase.CODING)
    return e.AttemptFailed(at=b.T0, task=key, attempt=1, failure=why)


def _both_broke(per_task: int = 3) -> Run:
    run = b.executing(PLAN, b.config(attempts={"per_task": per_task}))
    return b.fold(run, b.started("t1"), b.started("t2"), _broke("t1"), _broke("t2"))


@pytest.mark.parametrize(("per_task", "granted"), [(1, 1), (2, 0), (3, 0)])
def test_who_pays_for_a_task_that_has_no_attempt_left_gives_it_exactly_one(per_task: int, granted: int) -> None:
    run = b.fold(_both_broke(per_task), b.said("/otto budget +5"))
    assert [task.granted for task in run.tasks.values()] == [granted, granted]
    assert [policy.attempts_left(run, task) for task in run.tasks.values()] == [max(1, per_task - 1)] * 2
    assert run.gate is not None
    assert run.gate.tasks == ("t1", "t2")


def test_only_what_money_stopped_goes_on_by_money() -> None:
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"), b.started("t2"), _broke("t2"))
    after = b.fold(run, b.said("/otto budget +5"))
    assert after.gate is not None
    assert after.gate.tasks == ("t2",)


def _waiting_for_the_pilot() -> Run:
    return b.fold(_both_broke(), e.GateOpened(at=b.T0, gate=1))


def test_money_that_comes_while_a_gate_is_decided_is_remembered_with_the_payer_and_used_once() -> None:
    run = b.fold(_waiting_for_the_pilot(), b.said("/otto budget +5"))
    assert (run.paid_by, run.gate) == ("anna", _waiting_for_the_pilot().gate)
    decision = money_decision(policy.facts_for(run, run.gates[0], {}), "w")
    run = b.fold(run, e.DecisionMade(at=b.T0, gate=1, decision=decision))
    assert run.paid_by == ""
    assert run.gate is not None
    assert run.gate.decision is not None
    assert [move.action.value for move in run.gate.decision.moves] == ["retry", "retry"]


def test_a_payer_is_forgotten_once_nothing_waits_for_money() -> None:
    """Else a much later decision would be taken for theirs."""
    run = b.executing(PLAN).model_copy(update={"paid_by": "anna"})
    assert funds.decided(run, b.T0) == b.executing(PLAN)
    assert funds.go_on(run, "bob", b.T0) == run
    reopened = funds.go_on(_both_broke().model_copy(update={"paid_by": "anna"}), "bob", b.T0)
    assert reopened.paid_by == ""
    assert reopened.gate is not None


def test_nothing_goes_on_while_the_run_rests() -> None:
    hold = Hold(kind="paused", number=1, reason="r", since=b.T0)
    resting = _both_broke().model_copy(update={"hold": hold})
    assert funds.go_on(resting, "anna", b.T0) is resting
    assert funds.decided(resting.model_copy(update={"paid_by": "anna"}), b.T0) == resting


def _unread(**changes: Any) -> Run:
    """A gate that the rules decided for want of money: t1 failed in a test, t2 is broke."""
    run = b.fold(b.executing(PLAN), *b.to_failed("t1"), b.started("t2"), _broke("t2"), e.GateOpened(at=b.T0, gate=1))
    decision = money_decision(policy.facts_for(run, run.gates[0], {}), "w")
    run = b.posted(b.fold(run, e.DecisionMade(at=b.T0, gate=1, decision=decision)))
    given = {"deadline": b.at(9), "approved_by": "bob", "state": GateState.APPROVED, **changes}
    return run.with_gate(run.gates[-1].model_copy(update=given))


def test_a_gate_that_is_read_again_is_open_and_an_old_yes_or_deadline_is_none_for_the_new_decision() -> None:
    """Else what the pilot says next would be carried out before anyone could read it."""
    run = _unread()
    after = funds.go_on(run, "anna", b.T0)
    assert after.gate is not None
    assert (after.gate.state, after.gate.deadline, after.gate.approved_by) == (GateState.OPENED, None, "")
    assert (after.phase, after.rests, after.paid_by) == (RunPhase.GATE, run.rests + 1, "anna")
    assert after.gate.comment_id == 90


def test_the_comment_of_a_gate_that_is_read_again_stays_until_the_new_plan_is_posted() -> None:
    """In between it could only offer the old plan with another reply."""
    run = _unread()
    assert "gate/g1" in surfaces(run)
    again = funds.go_on(run, "anna", b.T0)
    assert "gate/g1" not in surfaces(again)
    assert "gate/g1" in surfaces(b.fold(again, b.said("/otto stop"))), (
        "but nobody is left with a question of a run that is over"
    )


@pytest.mark.parametrize(
    ("left", "needed", "payer"),
    [(2.0, 0.0, "anna"), (2.0, 2.0, "anna"), (2.0, 2.5, ""), (0.01, 0.0, "anna"), (0.005, 0.0, "")],
)
def test_who_paid_is_remembered_while_a_gate_is_read_again_if_the_money_is_enough(
    left: float, needed: float, payer: str
) -> None:
    """Remembered without money, the same gate would be read again and again."""
    money = Money(cap=left, needed=needed)
    run = _unread().model_copy(update={"paid_by": "anna", "money": money})
    after = funds.decided(run, b.T0)
    assert after.gate is not None
    assert (after.gate.state, after.paid_by) == (GateState.OPENED, payer)


@pytest.mark.parametrize("decided_by", [Decider.PILOT, Decider.REPLAN, Decider.HUMAN])
def test_a_gate_that_somebody_read_is_not_read_again_for_money(decided_by: Decider) -> None:
    run = _unread()
    decision = run.gates[-1].decision
    assert decision is not None
    read = decision.model_copy(update={"decided_by": decided_by})
    run = run.with_gate(run.gates[-1].model_copy(update={"decision": read}))
    after = funds.go_on(run, "anna", b.T0)
    assert after.gate is not None
    assert after.gate.decision is not None
    assert after.gate.state is GateState.DECIDED
    assert {move.action.value for move in after.gate.decision.moves} == {"retry"}


def test_a_gate_without_a_decision_was_not_left_unread_for_money() -> None:
    gate = Gate(number=1, batch=1, opened_at=b.T0, tasks=("t1",), failures=())
    assert not funds._unread(b.executing(PLAN), gate)


@pytest.mark.parametrize(
    ("cause", "state", "short"),
    [
        (Cause.BUDGET, TaskState.FAILED, True),
        (Cause.TEST, TaskState.FAILED, False),
    ],
)
def test_a_task_is_short_of_money_by_its_cause_or_by_its_question(cause: Cause, state: TaskState, short: bool) -> None:
    run = b.with_state(b.executing(PLAN), "t1", state)
    task = run.task("t1")
    assert task.last is not None
    last = task.last.model_copy(update={"failure": b.failure("t1", 1, cause)})
    run = run.with_task(task.model_copy(update={"attempts": (last,)}))
    assert funds.waits_for_money(run, "t1") is short
    asked = run.with_task(run.task("t1").model_copy(update={"question": funds.QUESTION}))
    assert funds.waits_for_money(asked, "t1")
    assert not funds.waits_for_money(asked, "t2")
