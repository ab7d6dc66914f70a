"""What is counted and estimated over runs, to the last number."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core import estimates
from otto_bot.core.attempt import TaskState
from otto_bot.core.budget import SIZE_USD, Money
from otto_bot.core.decision import Action, Analysis, Decider, Decision
from otto_bot.core.estimate_values import Estimate, History, Sample
from otto_bot.core.estimates import MOST, enough, estimate, history, samples_of, timed
from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.core.gate_account import EndKind, GateAccount, MoveEnd
from otto_bot.core.insight import Counting, _class, _rank, _result, _Values, _wrongly_skipped, decider_of
from otto_bot.core.insight_estimates import EstimateCounting, _median
from otto_bot.core.run import Gate, Outcome, Run, RunPhase

PLAN = b.plan("t1", "t2")


def sample(usd: float, size: str = "M", **more: Any) -> Sample:
    return Sample.model_validate({"usd": usd, "size": size, **more})


def made(*sizes: str, chain: bool = False) -> Any:
    keys = [f"t{n}" for n in range(1, len(sizes) + 1)]
    before = [(), *((key,) for key in keys)] if chain else [()] * len(keys)
    return b.plan(*(b.spec(k, *w).model_copy(update={"size": s}) for k, w, s in zip(keys, before, sizes, strict=False)))


def test_an_estimate_in_all_its_numbers() -> None:
    least, most = SIZE_USD["M"]
    assert estimate(made("M"), History()) == Estimate(low=least, high=most)
    some = tuple(sample(n, minutes=10 * n, attempts=n, here=n > 1) for n in (1, 2, 3, 4))
    known = History(
        samples=(*some, sample(5, minutes=50, attempts=2), sample(9, "S", attempts=9)), overheads=(0.1, 0.5, 0.2)
    )
    assert estimate(made("M"), known) == Estimate(
        low=round(3 * 1.2 - 2 * 1.2, 4), high=round(4 * 1.2, 4), samples=5, here=4, attempts=2.4, source="history",
        minutes=(10, 40)
    )  # fmt: skip
    two = estimate(made("M", "S"), known)
    assert (two.samples, two.here, two.attempts, two.source, two.minutes) == (6, 5, 3.5, "both", None)
    mixed = estimate(made("M", "L"), History(samples=tuple(sample(3, attempts=2) for _ in range(5))))
    assert (mixed.low, mixed.high, mixed.source) == (3 + SIZE_USD["L"][0], 3 + SIZE_USD["L"][1], "both")
    third = estimate(
        made("S"),
        History(
            samples=(*(sample(1.23456, "S", minutes=1.24),) * 5, sample(1.23456, "S", attempts=2)), overheads=(1 / 3,)
        ),
    )
    assert (third.low, third.high, third.attempts, third.minutes) == (1.6461, 1.6461, 1.2, (1.2, 1.2))
    assert estimate(made("M"), History(samples=(sample(2),))).source == "both"
    low = estimate(made(*"MMMM"), History(samples=tuple(sample(n) for n in (0.01, 0.01, 0.5, 9, 9))))
    assert (low.low, low.high) == (1.02, 19.0)
    assert [Estimate(low=1, high=2).middle, Estimate(low=0, high=3).middle] == [1.5, 1.5]


def test_parts_of_an_estimate() -> None:
    assert estimates._together([(3, 1), (4, 1)]) == 5
    assert estimates._together([(3, 0), (4, 0)]) == 7
    assert estimates._together([(2, 0.5), (8, 0.25)]) == pytest.approx(1 + 6 + (1 + 4) ** 0.5)
    ranks = {
        (1, 0.2): 1,
        (5, 0.2): 1,
        (6, 0.2): 2,
        (10, 0.2): 2,
        (11, 0.2): 3,
        (4, 0.5): 2,
        (5, 0.8): 4,
        (2, 0.0): 1,
        (3, 1.0): 3,
    }
    assert {key: estimates._rank([*range(key[0], 0, -1)], key[1]) for key in ranks} == ranks
    sizes = tuple(sample(1, size) for size in ["M"] * 5 + ["S"] * 4)
    assert [enough(made(*some), History(samples=sizes)) for some in (["M"], ["S"], ["M", "S"])] == [True, False, False]
    here, others = [sample(n) for n in range(1, 6)], [sample(n, here=False) for n in range(10, 80)]
    assert estimates._chosen([*others, *here], "M") == tuple(here)
    assert estimates._chosen([*here[1:], *others], "M") == (*here[1:], *others[: MOST - 4])
    assert estimates._chosen([*here * 11], "M") == tuple((here * 11)[:MOST])
    assert estimates._chosen(here, "S") == ()


def test_minutes_of_a_plan_are_of_the_slowest_of_each_batch() -> None:
    slow = tuple(sample(1, "S", minutes=n) for n in (7.26, 8, 9, 10, 11.04)) + tuple(
        sample(1, minutes=n) for n in (1, 2, 3, 4, 5)
    )
    known = History(samples=slow)
    assert estimate(made("M", "S"), known).minutes == (7.3, 10)
    assert estimate(made("M", "S", chain=True), known).minutes == (8.3, 14)
    assert estimate(made("L"), known).minutes is None
    assert estimate(made("M"), History(samples=(sample(1), sample(1, minutes=4)))).minutes == (4, 4)


def merged_run(**changes: Any) -> Run:
    run = b.merge_all(b.fold(b.executing(PLAN), *b.to_verified("t1"), *b.to_verified("t2")))
    money = Money(cap=9, settled=4, by_task={"t1": 1.5, "t2": 0.5})
    return run.model_copy(update={"money": money, **changes})


def test_history_is_of_the_same_model_and_what_came_on_top() -> None:
    run = merged_run()
    coder = run.config.models.coder
    paid = run.model_copy(update={"money": Money(cap=9, settled=1, by_task={"t1": 1.5})})
    elsewhere = b.REPO.model_copy(update={"id": 8})
    cancelled = run.model_copy(update={"outcome": Outcome.CANCELLED})
    found = history([run, paid, run.model_copy(update={"repo": elsewhere}), cancelled], 7, coder)
    assert found.overheads == (1.0, 0.0, 1.0)
    assert [(one.usd, one.here) for one in found.samples] == [
        (1.5, True), (0.5, True), (1.5, True), (1.5, False), (0.5, False), (1.5, True), (0.5, True)
    ]  # fmt: skip
    assert history([run], 7, "another") == History()
    assert history(
        [run, run.model_copy(update={"config": b.config(models={"coder": "x"})}), run], 7, coder
    ).overheads == (1, 1)
    cents = run.model_copy(update={"money": Money(cap=9, settled=1, by_task={"t1": 0.5})})
    assert history([cents], 7, coder).overheads == (1.0,)
    assert len(history([run] * (MOST + 1), 7, coder).overheads) == MOST


def test_tasks_of_a_run_that_is_over_count_whatever_became_of_them() -> None:
    run = merged_run()
    failed = run.with_task(run.task("t1").model_copy(update={"state": TaskState.FAILED}))
    assert [one.usd for one in samples_of(failed)] == [1.5, 0.5]
    assert [one.usd for one in samples_of(failed.model_copy(update={"outcome": Outcome.CANCELLED}))] == [0.5]
    assert [one.usd for one in samples_of(failed.model_copy(update={"phase": RunPhase.EXECUTING}))] == [0.5]
    assert samples_of(run.model_copy(update={"plan": None})) == ()
    first = run.task("t1")
    free = run.model_copy(update={"money": Money(cap=9, by_task={"t1": 0.0, "t2": 0.5})})
    assert [one.usd for one in samples_of(free)] == [0.5]
    took = first.model_copy(update={"begun_at": b.T0, "ended_at": b.at(90), "attempts": first.attempts * 2})
    (one, _) = samples_of(run.with_task(took), here=False)
    assert (one.minutes, one.attempts, one.here) == (1.5, 2, False)
    for changes, minutes in (({"begun_at": None}, None), ({"ended_at": None}, None), ({"ended_at": b.at(-60)}, 0.0)):
        assert samples_of(run.with_task(took.model_copy(update=changes)))[0].minutes == minutes


def test_a_task_begins_with_its_first_attempt_and_ends_once() -> None:
    before = b.executing(PLAN)
    begun = b.fold(before, b.started("t1"))
    bare = begun.with_task(begun.task("t1").model_copy(update={"begun_at": None}))
    assert timed(before, bare, b.at(5)).task("t1").begun_at == b.at(5)
    assert timed(bare, bare, b.at(5)) is bare
    assert timed(bare, bare.with_task(bare.task("t1")), b.at(5)).task("t1").begun_at is None
    merged = merged_run()
    bare = merged.with_task(merged.task("t1").model_copy(update={"ended_at": None}))
    assert timed(begun, bare, b.at(9)).task("t1").ended_at == b.at(9)
    assert timed(merged, bare, b.at(9)).task("t1").ended_at is None
    assert timed(before, b.fold(before, b.started("t1")), b.at(9)).task("t2").begun_at is None


def counted(*runs: Run) -> dict[str, Any]:
    counting = EstimateCounting()
    for run in runs:
        counting.add(run)
    return counting.result().model_dump()


def test_what_estimates_were_worth() -> None:
    def run(settled: float, low: float = 2, high: float = 6, source: str = "sizes", **more: Any) -> Run:
        found = Estimate.model_validate({"low": low, "high": high, "source": source})
        return merged_run(money=Money(cap=9, settled=settled), estimate=found, estimated=None, **more)

    nothing = counted()
    assert nothing["all"] == {"runs": 0, "inside": 0, "below": 0, "above": 0} | {
        key: nothing["all"][key] for key in ("of_high", "of_middle", "worst")
    }
    got = counted(run(1), run(2), run(6), run(9), run(3, source="both"), run(1, 0, 0, "history"))
    assert got["all"] == {
        "runs": 6,
        "inside": 3,
        "below": 1,
        "above": 2,
        "of_high": 0.5,
        "of_middle": 0.75,
        "worst": 10000.0,
    }
    assert list(got["sources"]) == ["both", "history", "sizes"]
    assert got["sources"]["both"] == {
        "runs": 1,
        "inside": 1,
        "below": 0,
        "above": 0,
        "of_high": 0.5,
        "of_middle": 0.75,
        "worst": 0.5,
    }
    held = run(1, hold=b.executing(PLAN).hold)
    assert counted(held)["all"]["runs"] == 1
    others = counted(
        run(1).model_copy(update={"plan": None}), run(1).model_copy(update={"estimate": None}),
        run(1, outcome=Outcome.CANCELLED),
        run(1, phase=RunPhase.EXECUTING), run(1, outcome=None),
    )  # fmt: skip
    assert (others["all"]["runs"], others["without"], others["cancelled"], others["open"]) == (0, 1, 1, 2)
    first = run(1).model_copy(update={"estimated": Estimate(low=0, high=1)})
    assert counted(first)["all"]["inside"] == 1
    assert [_median(values) for values in ([1], [1, 9], [9, 1, 5], [4, 3, 2, 1])] == [1, 1, 5, 2]  # type: ignore[arg-type]


def test_ranks_and_spreads_of_insight() -> None:
    ranks = {(1, 0.5): 1, (2, 0.5): 1, (3, 0.5): 2, (20, 0.95): 19, (21, 0.95): 20, (4, 0.0): 1}
    assert {key: _rank([*range(1, key[0] + 1)], key[1]) for key in ranks} == ranks
    values = _Values()
    assert values.spread().count == 0
    values.kept.extend([3, 1, 2.0000004])
    assert values.spread().model_dump() == {"count": 3, "total": 6.0, "p50": 2.0, "p95": 3.0}


MOVES = (Action.RETRY, Action.RERUN, Action.SKIP, Action.ASK, Action.HOLD, Action.ACCEPT)
ENDS = (EndKind.PASSED, EndKind.FAILED, EndKind.ANSWERED, EndKind.WENT_ON, EndKind.BROUGHT_BACK)


def at_gate(account: GateAccount | None = None, decision: Decision | None = None) -> Gate:
    """A gate with a failure of t1."""
    run = b.merge_all(b.fold(b.executing(PLAN), *b.to_failed("t1", cause=Cause.INFRA), *b.to_verified("t2")))
    gate = b.gate(run, {"t1": "retry"}).gates[0]
    return gate.model_copy(
        update={"account": account or GateAccount(), "decision": decision or b.decision({"t1": "retry"})}
    )


def test_each_move_by_what_became_of_it(snapshot: SnapshotAssertion) -> None:
    run = merged_run()
    rows = []
    for action in MOVES:
        for kind in (None, *ENDS):
            ends = {} if kind is None else {"t1": MoveEnd(kind=kind, by="anna", cause=Cause.INFRA)}
            counting = Counting()
            result = counting._move(run, at_gate(GateAccount(ends=ends)), "t1", action)
            counts = [f"{who} {dict(one)}" for who, one in counting._moves.items()]
            counts += [f"{' '.join(place)} {dict(one)}" for place, one in counting._tallies.items()]
            rows.append(f"{action} {kind}: {result!r} {'; '.join(counts)}")
    assert "\n".join(rows) == snapshot


def test_a_skip_is_wrong_where_it_was_merged_after_a_person_brought_it_back() -> None:
    run = merged_run()
    gate = at_gate(decision=b.decision({"t1": "skip"}))
    open_ = run.with_task(run.task("t1").model_copy(update={"state": TaskState.FAILED}))
    ends = {
        "none": {}, "by anna": {"t1": MoveEnd(kind=EndKind.BROUGHT_BACK, by="anna")},
        "by nobody": {"t1": MoveEnd(kind=EndKind.BROUGHT_BACK)},
        "left out": {"t1": MoveEnd(kind=EndKind.LEFT_OUT, by="anna")},
    }  # fmt: skip
    accounts = {name: gate.model_copy(update={"account": GateAccount(ends=one)}) for name, one in ends.items()}
    assert [name for name, one in accounts.items() if _wrongly_skipped(run, one, "t1")] == ["by anna"]
    assert [name for name, one in accounts.items() if _wrongly_skipped(open_, one, "t1")] == []


def test_the_result_of_an_attempt_whose_end_nobody_wrote_down() -> None:
    run = merged_run()
    gate = at_gate(decision=b.decision({"t1": "retry"}))
    attempt = run.task("t1").attempts[0].model_copy(update={"gate": gate.number})

    def result(state: TaskState, *attempts: Any) -> tuple[str, bool]:
        return _result(
            run.with_task(run.task("t1").model_copy(update={"state": state, "attempts": attempts})), gate, "t1"
        )

    later = attempt.model_copy(update={"gate": gate.number + 1})
    failed = [
        attempt.model_copy(update={"failure": b.failure("t1", cause=cause)}) for cause in (Cause.TEST, Cause.INFRA)
    ]
    assert [result(state, attempt) for state in (TaskState.MERGED, TaskState.VERIFIED, TaskState.CODING)] == [
        ("passed", False), ("passed", False), ("", False)
    ]  # fmt: skip
    assert [result(TaskState.MERGED, one) for one in failed] == [("failed", False), ("failed", True)]
    assert (result(TaskState.MERGED, later), result(TaskState.MERGED, attempt, later)) == (("", False), ("", False))
    for kind, cause, told in (
        (EndKind.PASSED, Cause.INFRA, ("passed", False)), (EndKind.FAILED, Cause.TEST, ("failed", False)),
        (EndKind.FAILED, Cause.INFRA, ("failed", True)), (EndKind.BLOCKED, Cause.INFRA, ("", False)),
    ):  # fmt: skip
        ended = gate.model_copy(update={"account": GateAccount(ends={"t1": MoveEnd(kind=kind, cause=cause)})})
        assert _result(run, ended, "t1") == told


def test_who_decided_and_for_what_a_failure_was_held() -> None:
    plain = b.decision({"t1": "retry"}, decided_by=Decider.PILOT)
    own = plain.model_copy(update={"moves": (plain.moves[0].model_copy(update={"decided_by": Decider.RULES}),)})
    gate = at_gate(decision=plain)
    made = gate.model_copy(update={"account": GateAccount(made_by=Decider.REPLAN)})
    assert [decider_of(one, "t1") for one in (gate, made)] == [Decider.PILOT, Decider.REPLAN]
    assert [decider_of(one.model_copy(update={"decision": own}), key) for one in (gate, made) for key in ("t1",
        "t2")] == [
        Decider.RULES, Decider.PILOT, Decider.RULES, Decider.REPLAN
    ]  # fmt: skip
    failure = b.failure("t1", cause=Cause.TIMEOUT)
    hinted = failure.model_copy(update={"class_hint": FailureClass.SPEC})
    read = plain.model_copy(update={"analysis": (Analysis(task="t1", class_=FailureClass.CODE, summary="s"),)})
    assert [
        _class(gate, failure), _class(gate, hinted), _class(gate.model_copy(update={"decision": read}), hinted),
        _class(gate, b.failure("t1")),
    ] == ["unknown", "spec", "code", "code"]  # fmt: skip
