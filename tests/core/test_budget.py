"""Money of a lineage: what is reserved and settled, what a next run inherits, and how more of it brings a run on."""

from typing import Any

import pytest
from core_builders import (
    T0,
    applied,
    at,
    config,
    executing,
    failure,
    fold,
    gate,
    plan,
    posted,
    prepared,
    run_started,
    said,
    spec,
    started,
    states,
    to_failed,
    to_verifying,
)
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.agents.rules import money_decision
from otto_bot.core import events as e
from otto_bot.core import funds, policy
from otto_bot.core.attempt import Attempt, TaskState
from otto_bot.core.budget import Inherited, Money, grant_needed, inherited, lineage_cap
from otto_bot.core.config import HostCaps
from otto_bot.core.decision import Decider
from otto_bot.core.effects import scheduled
from otto_bot.core.evidence import Cause, Phase
from otto_bot.core.invariants import InvariantBroken, broken, broken_step
from otto_bot.core.machine import reduce
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.values import Usage
from otto_bot.core.waits import waits_for


def reserve(call: str, usd: float) -> e.MoneyReserved:
    return e.MoneyReserved(at=T0, call=call, usd=usd)


def settle(call: str, usd: float | None) -> e.MoneySettled:
    return e.MoneySettled(at=T0, call=call, usage=None if usd is None else Usage(usd=usd))


def second(usd: float, granted: float = 0.0, **caps: float) -> Run:
    """A second run of an issue, prepared, with a repository's budget of $10."""
    start = run_started(ordinal=2, inherited=Inherited(usd=usd, granted=granted), caps=HostCaps(**caps))
    return fold(None, start, prepared())


# money itself


def test_a_refused_call_leaves_nothing_of_its_former_self_that_looks_like_a_yes() -> None:
    """After a crash the same call may not fit a second time: its old reservation is spent, and is no permission."""
    run = fold(second(0), reserve("a", 6))
    assert run.money.reserved == {"a": 6}
    run = fold(run, reserve("a", 6))
    assert run.money.reserved == {}
    assert (run.money.settled, run.money.needed) == (6, 6)


def test_a_usage_above_the_reservation_is_not_believed() -> None:
    money = Money(cap=1).reserve("a", 0.4)
    assert money is not None
    for usd in (0.41, 1e300, float("inf")):
        after = money.settle("a", Usage(input_tokens=5, usd=usd))
        assert (after.settled, after.usage.input_tokens) == (0.4, 0)


@pytest.mark.parametrize("usd", [float("inf"), float("nan"), -1.0])
def test_no_nonsense_can_be_reserved(usd: float) -> None:
    money = Money(cap=1)
    assert money.reserve("a", usd) is None
    assert money.refused("a", usd).needed == 0


@pytest.mark.parametrize(
    "call", ["run/1/triage/-/a0/g2/n0/try1", "run/1/journeys/-/a1/g2/n3/try1", "run/1/judge/t1/a0/g2/n1/try1"]
)
def test_what_a_round_of_journeys_costs_is_no_gates(call: str) -> None:
    """Rounds and gates are both numbered from 1; a gate's comment tells what that gate cost."""
    held = Money(cap=10).reserve(call, 1)
    assert held is not None
    assert (held.settle(call, Usage(usd=0.5)).at_gates, held.settle(call, Usage(usd=0.5)).settled) == ({}, 0.5)


def test_what_calls_at_a_gate_cost_is_part_of_the_total_whatever_becomes_of_them() -> None:
    """Lost calls, calls that are made again after a crash, and the replan too."""
    money = Money(cap=10)
    for call, usd in (
        ("run/1/pilot/-/a0/g2/n0/try1", 0.5),
        ("run/1/replan/-/a0/g2/n0/try1", 0.25),
        ("run/1/pilot/-/a0/g0/n0/try1", 1),
    ):
        held = money.reserve(call, 1)
        assert held is not None
        money = held.settle(call, Usage(usd=usd))
    again = money.reserve("run/1/pilot/-/a0/g2/n0/try2", 0.125)
    assert again is not None
    money = again.lost("run/1/pilot/-/a0/g2/n0/try2")
    assert (money.at_gates, money.settled) == ({2: 0.875}, 1.875)


def test_the_gate_shows_what_was_settled_for_it() -> None:
    run = executing(plan("t1", "t2"))
    run = fold(run, *to_failed("t1"), *to_failed("t2"), e.GateOpened(at=T0, gate=1))
    call = "run/1/pilot/-/a0/g1/n0/try1"
    run = fold(run, reserve(call, 0.5), settle(call, None))
    facts = policy.facts_for(run, run.gates[0], {})
    made = e.DecisionMade(at=T0, gate=1, decision=money_decision(facts, "w"), calls=1, usd=0.2)
    assert fold(run, made).gates[0].usd == run.money.settled == 0.5


def test_a_run_that_is_over_reserves_nothing_and_still_settles() -> None:
    """A next run has already counted its open calls: nothing may be added behind its back."""
    run = fold(second(0), reserve("a", 1), e.IssueChanged(at=T0, what="closed"))
    assert fold(run, reserve("b", 1)).money == run.money
    assert fold(run, settle("a", 0.25)).money.settled == 0.25
    assert fold(run, reserve("a", 1)).money.settled == 1


# the lineage


def test_the_next_run_inherits_spent_held_and_granted() -> None:
    first = Money(cap=15, granted=5, settled=2, reserved={"a": 0.5})
    assert inherited([]) == Inherited()
    assert inherited([first]) == Inherited(usd=2.5, granted=5)
    third = Money(cap=16, inherited=2.5, granted=6, settled=1)
    assert inherited([first, third]) == Inherited(usd=3.5, granted=6)
    assert inherited([third]) == Inherited(usd=3.5, granted=6), "the first is not kept any more"


@pytest.mark.parametrize(
    ("host", "repository", "granted", "cap"), [(50, 10, 0, 10), (50, 10, 5, 15), (12, 10, 5, 12), (8, 8, 0, 8)]
)
def test_the_hosts_cap_stays_above(host: float, repository: float, granted: float, cap: float) -> None:
    assert lineage_cap(host, repository, granted) == cap


def test_a_second_run_starts_with_what_is_left() -> None:
    run = second(8.5, granted=5)
    assert (run.money.cap, run.money.spent, run.money.left) == (15, 8.5, 6.5)
    assert fold(run, reserve("a", 6.4)).money.left == pytest.approx(0.1)
    assert fold(run, reserve("a", 6.6)).money.reserved == {}


def test_used_up_money_refuses_before_a_call_and_a_grant_lets_it_go_on() -> None:
    run = fold(second(12), reserve("a", 0.5))
    assert run.money.reserved == {}
    assert funds.reply_for(run) == "/otto budget +5"
    refused = e.Refused(at=T0, reason="used up", reply="/otto budget +5", money=True)
    run = fold(run, refused)
    assert waits_for(run) is not None
    run = fold(run, said("/otto budget +5"))
    assert (run.hold, run.money.cap, run.money.granted) == (None, 15, 5)
    assert fold(run, reserve("a", 0.5)).money.reserved == {"a": 0.5}
    assert [effect.kind for effect in scheduled(run) if effect.key.endswith("n0/h1")] == ["plan"]


@pytest.mark.parametrize(
    ("committed", "need", "host", "reply"),
    [
        (0.0, 0.01, 50, 5),
        (10.0, 5.0, 50, 5),
        (10.0, 5.01, 50, 6),
        (17.2, 0.5, 50, 8),
        (10.0, 0.5, 13, 3),
        (10.0, 3.5, 13, None),
        (10.0, 0.5, 10, None),
        (60.0, 0.5, 50, None),
    ],
)
def test_as_much_is_asked_for_as_the_call_needs(committed: float, need: float, host: float, reply: int | None) -> None:
    assert grant_needed(Money(cap=10, settled=committed), host, need) == reply


def test_a_grant_before_the_budget_is_read_is_kept() -> None:
    run = fold(None, run_started(), said("/otto budget +5"))
    assert run.replies[-1].key == "budget_noted"
    run = fold(run, prepared())
    assert (run.money.cap, run.money.granted) == (15, 5)
    assert fold(None, run_started(), said("/otto budget +51")).replies[-1].key == "host_cap"


# money or minutes end in the middle


def broke(key: str, number: int = 1, **saved: str) -> e.AttemptFailed:
    why = failure(key, number, Cause.BUDGET, phase=Phase.CODING)
    return e.AttemptFailed(at=T0, task=key, attempt=number, failure=why, **saved)


def test_what_a_coder_had_when_the_money_ended_is_where_the_next_attempt_begins() -> None:
    run = fold(executing(plan("t1")), started("t1"), broke("t1", sha="s", tree="t"))
    last = run.task("t1").last
    assert last is not None
    assert (last.sha, last.tree, last.pushed, run.head, run.head_tree) == ("s", "t", True, "s", "t")
    assert run.phase is RunPhase.GATE


@pytest.mark.parametrize("event", [broke("t1"), e.AttemptStopped(at=T0, task="t1", attempt=1)])
def test_what_did_not_fit_on_the_branch_is_only_kept(event: e.AttemptFailed | e.AttemptStopped) -> None:
    kept = event.model_copy(update={"sha": "s", "tree": "t", "pushed": False})
    before = fold(executing(plan("t1")), started("t1"))
    run = fold(before, kept)
    last = run.task("t1").last
    assert last is not None
    assert (last.sha, last.pushed, run.head, run.head_tree) == ("s", False, before.head, before.head_tree)


def test_minutes_that_end_let_coders_push_and_a_grant_goes_on_from_there() -> None:
    run = fold(executing(plan("t1", "t2")), started("t1"), *to_verifying("t2"), e.TimeUsedUp(at=at(14_400)))
    assert (run.stopping, run.hold and run.hold.reply) == (True, "/otto budget +1")
    assert [effect.key for effect in scheduled(run) if effect.kind == "code"] == ["run/1/code/t1/a1/h1"]
    assert not [effect for effect in scheduled(run) if effect.kind == "call"], "the call says where the work is"
    run = fold(run, e.AttemptStopped(at=at(61), task="t1", attempt=1, sha="s", tree="t"))
    assert [effect.key for effect in scheduled(run) if effect.kind == "call"] == ["run/1/call/hold/1"]
    why = run.task("t1").failure
    assert why is not None
    assert (run.stopping, why.cause, run.task("t1").state) == (False, Cause.BUDGET, TaskState.FAILED)
    run = fold(run, said("/otto budget +1", seconds=99_999))
    assert run.hold is None
    assert run.gate is not None
    run = applied(posted(run), 99_999)
    assert states(run)["t1"] == "reopened"


def test_minutes_can_be_had_where_the_hosts_money_cannot() -> None:
    """And where the host allows no more minutes either, the words say so instead of asking in vain."""
    run = executing(plan("t1"), config(budget={"usd": 10, "minutes": 1}), caps=HostCaps(usd=10, minutes=2))
    run = fold(run, started("t1"), e.TimeUsedUp(at=at(60)), said("/otto budget +1", seconds=70))
    assert (run.replies[-1].key, run.minutes, run.hold, run.money.cap) == ("minutes_raised", 2, None, 10)
    run = fold(run, said("/otto budget +1", seconds=71))
    assert run.replies[-1].key == "host_cap"
    run = fold(run, e.TimeUsedUp(at=at(140)))
    assert run.hold is not None
    assert (run.hold.reply, "OTTO_MAX_MINUTES" in run.hold.reason) == ("/otto stop", True)


def test_money_that_comes_while_a_coder_is_being_stopped_still_counts() -> None:
    """The coder may have stopped already: it is coded again without another question."""
    run = fold(executing(plan("t1")), started("t1"), e.Refused(at=T0, reason="r", reply="/otto budget +5", money=True))
    run = fold(run, said("/otto budget +5"))
    assert (run.stopping, run.paid_by) == (False, "anna")
    run = fold(run, e.AttemptStopped(at=at(61), task="t1", attempt=1, sha="s", tree="t"))
    run = fold(run, e.GateOpened(at=T0, gate=1))
    facts = policy.facts_for(run, run.gates[0], {})
    run = fold(run, e.DecisionMade(at=T0, gate=1, decision=money_decision(facts, "w")))
    assert run.paid_by == ""
    assert run.gate is not None
    assert run.gate.decision is not None
    assert [move.action.value for move in run.gate.decision.moves] == ["retry"]


@pytest.mark.parametrize(
    ("left", "needed", "host", "reply"),
    [
        pytest.param(0.5, 0.2, 50, "/otto retry t1 -- your answer", id="it is enough"),
        pytest.param(0.25, 0.25, 50, "/otto retry t1 -- your answer", id="it is just enough"),
        pytest.param(0.1, 0.2, 50, "/otto budget +5", id="something is left, and less than the call that did not fit"),
        pytest.param(0.0, 0.0, 50, "/otto budget +5", id="nothing is left"),
        pytest.param(0.1, 0.2, 1, "/otto skip t1", id="the host allows no more"),
        pytest.param(0.1, 0.05, 1, "/otto retry t1 -- your answer", id="what is needed fits under the host's cap"),
    ],
)
def test_the_money_is_asked_for_first_where_the_next_call_would_not_fit(
    left: float, needed: float, host: float, reply: str
) -> None:
    """Whoever was told to try again would only be asked the same once more, after another attempt without work."""
    caps = HostCaps(usd=host)
    run = fold(executing(plan("t1"), config(budget={"usd": 1}), caps=caps), *to_failed("t1"))
    run = posted(gate(run, {"t1": "ask"}))
    run = run.model_copy(update={"money": Money(cap=1, settled=1 - left, needed=needed)})
    wait = waits_for(run)
    assert wait is not None
    assert (wait.kind, wait.reply) == ("gate", reply)
    assert wait.key.endswith("/money") is (reply == "/otto budget +5")


def test_a_cancelled_coder_is_still_cancelled() -> None:
    run = fold(executing(plan("t1")), started("t1"), said("/otto stop"))
    run = fold(run, e.AttemptStopped(at=T0, task="t1", attempt=1))
    why = run.task("t1").failure
    assert why is not None
    assert (why.cause, run.outcome) == (Cause.CANCELLED, Outcome.CANCELLED)


def at_a_broke_gate() -> Run:
    """Two tasks failed, one for want of money; nobody could read the other's failure."""
    run = executing(plan("t1", "t2", spec("t3", "t1")), config(budget={"usd": 10}))
    run = fold(run, *to_failed("t1"), started("t2"), broke("t2"), e.GateOpened(at=T0, gate=1))
    run = fold(run, reserve("run/1/pilot/-/a0/g1/n0/try1", 11))
    facts = policy.facts_for(run, run.gates[0], {})
    return fold(run, e.DecisionMade(at=T0, gate=1, decision=money_decision(facts, "no money for pilot and replan")))


def test_a_gate_that_cannot_be_paid_asks_for_money_and_reopens_nothing() -> None:
    run = posted(at_a_broke_gate())
    assert run.gate is not None
    assert run.gate.decision is not None
    assert run.gate.decision.decided_by is Decider.RULES
    assert {move.question for move in run.gate.decision.moves} == {funds.QUESTION}
    assert run.gate.decision.batches == ()
    wait = waits_for(run)
    assert wait is not None
    assert wait.reply == "/otto budget +5"
    kinds = {effect.kind.value for effect in scheduled(run) if effect.not_before is None}
    assert not kinds & {"code", "gate", "judge", "plan", "apply"}


def test_after_a_grant_the_pilot_reads_the_gate_and_its_revision_is_posted() -> None:
    run = fold(posted(at_a_broke_gate()), said("/otto budget +5"))
    assert run.phase is RunPhase.GATE
    assert [effect.key for effect in scheduled(run) if effect.kind == "gate"] == ["run/1/gate/g1/h1"]
    from core_builders import decision

    run = fold(run, e.DecisionMade(at=T0, gate=1, decision=decision({"t1": "retry_different", "t2": "ask"})))
    gate = run.gate
    assert gate is not None
    assert gate.decision is not None
    assert {move.task: move.action.value for move in gate.decision.moves} == {"t1": "retry_different", "t2": "retry"}
    assert gate.comment_id == 90
    run = applied(posted(run))
    assert states(run) == {"t1": "reopened", "t2": "reopened", "t3": "pending"}


@pytest.mark.parametrize(("dollars", "second"), [(5, "retry"), (1, "ask")])
def test_a_grant_while_a_gate_without_money_is_being_decided_counts_for_each_of_its_tasks(
    dollars: int, second: str
) -> None:
    """Nobody is asked again for what was just paid; where it is not enough for the pilot, the question stays."""
    from core_builders import decision

    broke_gate = at_a_broke_gate()
    made = broke_gate.gates[0].decision
    assert made is not None
    asked = e.DecisionMade(at=T0, gate=1, decision=made)
    run = executing(plan("t1", "t2", spec("t3", "t1")), config(budget={"usd": 10}))
    run = fold(run, *to_failed("t1"), started("t2"), broke("t2"), e.GateOpened(at=T0, gate=1))
    run = fold(run, reserve("run/1/pilot/-/a0/g1/n0/try1", 12), said(f"/otto budget +{dollars}"), asked)
    assert run.phase is RunPhase.GATE
    answer = decision({"t1": "retry_different", "t2": "ask"})
    run = fold(run, asked if dollars == 1 else e.DecisionMade(at=T0, gate=1, decision=answer))
    assert run.gate is not None
    assert run.gate.decision is not None
    assert run.gate.decision.moves[-1].action.value == second
    assert (run.paid_by, run.gate.state.value) == ("", "decided")


def test_tasks_that_were_left_asking_for_money_are_coded_again_after_a_grant() -> None:
    run = posted(at_a_broke_gate())
    run = applied(fold(run, said("/otto approve")))
    assert (states(run)["t1"], run.outcome) == ("asked", Outcome.NEEDS_HUMAN)
    wait = waits_for(run)
    assert wait is not None
    assert wait.reply == "/otto budget +5"
    run = applied(posted(fold(run, said("/otto budget +5"))))
    assert (states(run)["t1"], states(run)["t2"]) == ("reopened", "reopened")


def test_where_the_host_allows_no_more_the_reply_is_another() -> None:
    run = posted(at_a_broke_gate()).model_copy(update={"caps": HostCaps(usd=10)})
    wait = waits_for(run)
    assert wait is not None
    assert wait.reply == "/otto skip t2"


# invariants


def attempt(number: int, cause: Cause | None, gate: int | None = None) -> Attempt:
    why = None if cause is None else failure("t1", number, cause)
    return Attempt(number=number, branch="b", base_sha="s", gate=gate, failure=why)


def test_more_charged_attempts_than_allowed_break_a_rule() -> None:
    run = executing(plan("t1"), config(attempts={"per_task": 1}))
    task = run.task("t1").model_copy(update={"attempts": (attempt(1, Cause.TEST), attempt(2, None))})
    assert "5: t1 has 2 charged attempts of 1" in broken(run.with_task(task))
    assert not [w for w in broken(run.with_task(task.model_copy(update={"granted": 1}))) if w.startswith("5")]


def reopened_by(run: Run, who: Decider, attempts: tuple[Attempt, ...]) -> Run:
    """The run where gate 1, decided by `who`, made the last of these attempts."""
    run = fold(run, *to_failed("t1"), e.GateOpened(at=T0, gate=1))
    from core_builders import decision

    made = decision({"t1": "retry"}, [["t1"]], decided_by=who)
    made = made.model_copy(update={"moves": tuple(m.model_copy(update={"decided_by": who}) for m in made.moves)})
    run = applied(posted(fold(run, e.DecisionMade(at=T0, gate=1, decision=made))))
    return run.with_task(run.task("t1").model_copy(update={"attempts": attempts}))


@pytest.mark.parametrize("cause", sorted(policy.UNCHARGED))
def test_what_costs_no_attempt_goes_round_twice_and_then_needs_a_person(cause: Cause) -> None:
    base = executing(plan("t1"), config(attempts={"per_task": 3}))
    thrice = (*(attempt(n, cause, 1) for n in (1, 2, 3)), attempt(4, None, 1))
    found = [w for w in broken(reopened_by(base, Decider.RULES, thrice)) if w.startswith("5")]
    assert found == [f"5: attempt 4 of t1 starts after {cause.value} struck 3 times without a person"]
    assert not [w for w in broken(reopened_by(base, Decider.HUMAN, thrice)) if w.startswith("5")]
    twice = (*(attempt(n, cause, 1) for n in (1, 2)), attempt(3, None, 1))
    assert not [w for w in broken(reopened_by(base, Decider.RULES, twice)) if w.startswith("5")]


@pytest.mark.parametrize("cause", sorted(policy.UNCHARGED))
def test_the_rules_themselves_ask_after_two_of_a_cause(cause: Cause) -> None:
    run = executing(plan("t1"))
    attempts = tuple(attempt(n, cause) for n in (1, 2, 3))
    task = run.task("t1").model_copy(update={"attempts": attempts, "rerun_count": policy.RERUN_LIMIT})
    move = policy.fixed_move(task, failure("t1", 3, cause))
    assert move is not None
    assert move.action.value == "ask"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settled": 11.0}, "more is reserved and spent than the cap allows"),
        ({"reserved": {"a": 11.0}}, "more is reserved and spent than the cap allows"),
        ({"settled": -1.0}, "came back"),
        ({"inherited": 1.0}, "changed"),
    ],
)
def test_money_that_is_wrong_in_a_step_is_refused(change: dict[str, Any], words: str) -> None:
    run = second(0)
    after = run.model_copy(update={"money": run.money.model_copy(update=change)})
    assert any(words in reason for reason in broken_step(run, after))


def test_a_cap_above_the_hosts_is_refused() -> None:
    run = second(0)
    assert "5: the cap is above the host's" in broken(
        run.model_copy(update={"money": run.money.model_copy(update={"cap": 51.0})})
    )


CALLS = st.sampled_from(["a", "b", "run/1/pilot/-/a0/g1/n0/try1", "d"])
USD = st.one_of(st.floats(0, 6), st.sampled_from([0.0, 1e9, float("inf")]))
STEPS = st.lists(
    st.one_of(
        st.builds(reserve, CALLS, USD),
        st.builds(settle, CALLS, st.one_of(st.none(), USD)),
        st.integers(1, 60).map(lambda usd: said(f"/otto budget +{usd}", key=f"b{usd}")),
        st.just(e.IssueChanged(at=T0, what="closed")),
    ),
    max_size=25,
)


@given(st.lists(STEPS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_no_order_of_events_takes_a_lineage_above_its_cap(lives: list[list[Any]], dice: Any) -> None:
    """Reservations and settlements, duplicated and out of order, over several runs of one issue."""
    before: list[Run] = []
    for number, steps in enumerate(lives, start=1):
        took = inherited(run.money for run in before)
        run = fold(None, run_started(run_id=number, ordinal=number, inherited=took), prepared())
        assert run.money.granted == (before[-1].money.granted if before else 0)
        stream = [event for one in steps for event in [one] * dice.choice([1, 1, 2])]
        for event in (*stream, *dice.sample(stream, min(3, len(stream)))):
            try:
                after = reduce(run, event)
            except InvariantBroken as error:
                raise AssertionError(f"{event} was refused only by an invariant: {error}") from error
            assert after is not None
            grown = after.money.committed > run.money.committed + 1e-9
            assert not grown or after.money.committed <= after.money.cap + 1e-6
            assert after.money.cap <= after.caps.usd
            assert after.money.settled >= run.money.settled
            run = after
        closed = reduce(run, e.IssueChanged(at=T0, what="closed"))
        assert closed is not None
        before.append(closed)
        # Late words about older runs: nothing grows behind the newest one's back.
        late = [
            reduce(one, event) for one in before for event in (reserve("late", 0.1), reserve("a", 5), settle("a", 9.0))
        ]
        total = sum(one.money.own for one in before)
        assert total <= max(before[-1].money.cap, before[-1].money.inherited) + 1e-6
        assert all(one is not None and one.money.own <= old.money.own + 1e-6
                   for one, old in zip(late, [run for run in before for _ in range(3)], strict=True))  # fmt: skip
