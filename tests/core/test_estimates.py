"""What a plan may cost: the guess where nothing is known, percentiles where much is, and a mixture between."""

import random
from datetime import timedelta

import pytest
from core_builders import T0, config, executing, fold, merge_all, plan, planned, said, spec, to_failed, to_verified
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core import budget, estimates
from otto_bot.core import events as e
from otto_bot.core.estimate_values import Estimate, History, Sample, Size
from otto_bot.core.estimates import ENOUGH, MOST, enough, estimate, history, samples_of
from otto_bot.core.plan import Plan
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.values import Usage


def of_sizes(*sizes: Size, chain: bool = False) -> Plan:
    keys = [f"t{n}" for n in range(1, len(sizes) + 1)]
    return plan(
        *(
            spec(key, *(keys[n - 1 : n] if chain else ())).model_copy(update={"size": size})
            for n, (key, size) in enumerate(zip(keys, sizes, strict=True))
        )
    )


def samples(*costs: float, size: Size = "M", here: bool = True, minutes: float | None = None) -> tuple[Sample, ...]:
    return tuple(Sample(size=size, usd=usd, here=here, minutes=minutes) for usd in costs)


def test_without_history_it_is_the_guess_from_the_sizes() -> None:
    made = of_sizes("S", "M", "L")
    found = estimate(made, History())
    assert (found.low, found.high) == budget.estimate(made)
    assert (found.samples, found.source, found.minutes) == (0, "sizes", None)


def test_one_task_with_history_is_its_20th_to_its_80th_percentile() -> None:
    known = History(samples=samples(*(number / 10 for number in range(1, 11))))
    found = estimate(of_sizes("M"), known)
    assert (found.low, found.high, found.samples, found.here, found.source) == (0.2, 0.8, 10, 10, "history")


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.1, 1.2), (1, 0.48, 1.36), (4, 1.62, 1.84), (5, 2, 2)])
def test_few_tasks_count_in_part(count: int, low: float, high: float) -> None:
    found = estimate(of_sizes("M"), History(samples=samples(*[2.0] * count)))
    assert (found.low, found.high) == (low, high)
    assert found.source == ("sizes" if count == 0 else "history" if count == ENOUGH else "both")


def test_spreads_of_history_add_up_as_of_independent_tasks() -> None:
    known = History(samples=samples(1, 1, 2, 3, 3))
    one, four = estimate(of_sizes("M"), known), estimate(of_sizes("M", "M", "M", "M"), known)
    assert (one.low, one.high) == (1, 3)
    assert (four.low, four.high) == (8 - 2, 8 + 2)


def test_only_tasks_of_the_same_size_count_and_only_the_newest() -> None:
    old = samples(*[9.0] * MOST)
    known = History(samples=(*samples(*[1.0] * MOST), *old, *samples(*[5.0] * 9, size="L")))
    found = estimate(of_sizes("M"), known)
    assert (found.low, found.high, found.samples) == (1, 1, MOST)


def test_others_of_the_host_fill_up_only_where_the_repository_has_too_few() -> None:
    others = samples(*[4.0] * 9, here=False)
    own = estimate(of_sizes("M"), History(samples=(*samples(*[1.0] * ENOUGH), *others)))
    assert (own.low, own.high, own.samples, own.here) == (1, 1, ENOUGH, ENOUGH)
    mixed = estimate(of_sizes("M"), History(samples=(*samples(1.0), *others)))
    assert (mixed.samples, mixed.here, mixed.high, mixed.source) == (10, 1, 4, "history")


def test_all_that_belongs_to_no_task_comes_on_top() -> None:
    known = History(samples=samples(*[1.0] * 5), overheads=(0.1, 0.5, 3.0))
    assert estimate(of_sizes("M", "M"), known).high == 3


def test_minutes_are_those_of_the_slowest_task_of_each_batch() -> None:
    known = History(samples=(*samples(*[1] * 5, minutes=10), *samples(*[1] * 5, size="S", minutes=2)))
    assert estimate(of_sizes("M", "S"), known).minutes == (10, 10)
    assert estimate(of_sizes("M", "S", chain=True), known).minutes == (12, 12)
    assert estimate(of_sizes("M", "L"), known).minutes is None


def test_enough_asks_for_every_size() -> None:
    known = History(samples=samples(*[1] * 5))
    assert enough(of_sizes("M", "M"), known)
    assert not enough(of_sizes("M", "S"), known)


@given(
    st.lists(st.sampled_from(["S", "M", "L"]), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(["S", "M", "L"]), st.floats(0, 100), st.booleans()), max_size=40),
    st.lists(st.floats(0, 5), max_size=5),
)
def test_any_history_gives_a_range(
    sizes: list[Size], seen: list[tuple[Size, float, bool]], overheads: list[float]
) -> None:
    known = History(
        samples=tuple(Sample(size=size, usd=usd, here=here) for size, usd, here in seen), overheads=tuple(overheads)
    )
    found = estimate(of_sizes(*sizes), known)
    assert 0 <= found.low <= found.high
    assert 0 <= found.here <= found.samples <= 3 * MOST


def test_a_range_from_history_holds_what_comes_next_more_often_than_not() -> None:
    """Plans of three tasks whose costs are drawn from what history was drawn from."""
    dice = random.Random(7)

    def cost() -> float:
        return float(dice.lognormvariate(-1, 0.6))

    inside = 0
    for _ in range(300):
        known = History(samples=samples(*(cost() for _ in range(30))), overheads=(0.2,))
        found = estimate(of_sizes("M", "M", "M"), known)
        inside += found.low <= 1.2 * (cost() + cost() + cost()) <= found.high
    assert 0.45 < inside / 300 < 0.85


def paid(call: str, usd: float) -> list[e.RunEvent]:
    return [
        e.MoneyReserved(at=T0, call=call, usd=usd * 2),
        e.MoneySettled(at=T0, call=call, usage=Usage(usd=usd)),
    ]


def worked(settings: object = None, **start: object) -> Run:
    """t1 is merged for $0.30, t2 has failed for $0.40, $0.20 went to the planner and a gate."""
    run = executing(plan("t1", "t2"), settings, **start)
    run = fold(run, *paid("run/1/planner/-/a0/g0/n0/try1", 0.15), *paid("run/1/coder/t1/a1/g0/n1/try1", 0.2))
    run = fold(run, *paid("run/1/judge/t1/a1/g0/n0/try1", 0.1), *paid("run/1/coder/t2/a1/g0/n1/try1", 0.4))
    run = fold(run, *paid("run/1/pilot/-/a0/g1/n0/try1", 0.05))
    return merge_all(fold(run, *to_verified("t1"), *to_failed("t2")))


def test_each_task_has_its_own_account() -> None:
    run = worked()
    assert run.money.by_task == pytest.approx({"t1": 0.3, "t2": 0.4})
    assert run.money.settled == pytest.approx(0.9)


def test_a_lost_call_counts_for_its_task() -> None:
    call = "run/1/coder/t2/a1/g0/n1/try1"
    run = fold(
        executing(plan("t1", "t2")), e.MoneyReserved(at=T0, call=call, usd=0.5), e.MoneySettled(at=T0, call=call)
    )
    assert run.money.by_task == {"t2": 0.5}


def test_merged_tasks_count_and_others_only_where_the_run_is_over() -> None:
    run = worked()
    assert [sample.usd for sample in samples_of(run)] == [pytest.approx(0.3)]
    over = run.model_copy(update={"outcome": Outcome.DONE_PARTIAL, "phase": RunPhase.DONE})
    assert [sample.usd for sample in samples_of(over)] == [pytest.approx(0.3), pytest.approx(0.4)]
    assert [sample.usd for sample in samples_of(fold(run, said("/otto stop")))] == [pytest.approx(0.3)]
    assert samples_of(planned(plan("t1"))) == ()


def test_times_are_from_the_first_attempt_to_the_end() -> None:
    run = executing(plan("t1", "t2"))
    later = [event.model_copy(update={"at": T0 + timedelta(minutes=n)}) for n, event in enumerate(to_failed("t1"), 1)]
    task = fold(run, *later).task("t1")
    assert (task.begun_at, task.ended_at) == (T0 + timedelta(minutes=1), T0 + timedelta(minutes=4))


def test_history_is_of_the_same_model_and_knows_what_came_on_top() -> None:
    over = worked().model_copy(update={"outcome": Outcome.DONE_PARTIAL, "phase": RunPhase.DONE})
    other = worked(config(models={"coder": "another"}))
    away = over.model_copy(update={"repo": over.repo.model_copy(update={"id": 99})})
    known = history([over, other, away], over.repo.id, over.config.models.coder)
    assert [sample.here for sample in known.samples] == [True, True, False, False]
    assert known.overheads == (pytest.approx(0.2 / 0.7), pytest.approx(0.2 / 0.7))


def test_a_plan_keeps_the_estimate_it_was_made_with() -> None:
    run = planned(plan("t1"))
    assert estimates.of(run) == Estimate(low=0.1, high=1.2)
    assert run.estimate is None
    begun = run.model_copy(update={"phase": RunPhase.PLANNING})
    found = Estimate(low=0.2, high=0.3, samples=9, here=9, source="history")
    assert estimates.of(fold(begun, e.PlanMade(at=T0, number=0, plan=plan("t1"), estimate=found))) == found
