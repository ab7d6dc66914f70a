"""The paired bootstrap: known cases, what it must not claim, and that it covers the truth as often as it says."""

from __future__ import annotations

from random import Random

import pytest

from otto_bot.bench.interval import LEAST_SCENARIOS, paired_interval


def test_no_pair_is_no_interval() -> None:
    assert paired_interval({"a": [], "b": []}, Random(1)) is None


def test_equal_differences_have_no_width() -> None:
    found = paired_interval({f"s{n}": [1.0, 1.0] for n in range(8)}, Random(1))
    assert found is not None
    assert (found.mean, found.low, found.high, found.scenarios, found.pairs) == (1.0, 1.0, 1.0, 8, 16)
    assert found.above_zero


def test_few_scenarios_give_a_mean_and_no_interval_however_many_repeats() -> None:
    found = paired_interval({f"s{n}": [1.0] * 100 for n in range(LEAST_SCENARIOS - 1)}, Random(1))
    assert found is not None
    assert found.mean == 1.0
    assert (found.low, found.high, found.above_zero) == (None, None, False)


def test_a_scenario_counts_once_whatever_its_repeats() -> None:
    found = paired_interval({"many": [10.0] * 99, **{f"s{n}": [0.0] for n in range(9)}}, Random(1))
    assert found is not None
    assert found.mean == pytest.approx(1.0)
    assert not found.above_zero


def test_repeats_of_few_scenarios_do_not_narrow_it() -> None:
    once = paired_interval({f"s{n}": [float(n % 2)] for n in range(10)}, Random(3))
    often = paired_interval({f"s{n}": [float(n % 2)] * 50 for n in range(10)}, Random(3))
    assert once is not None
    assert often is not None
    assert (once.low, once.high) == (often.low, often.high)


def test_the_same_seed_gives_the_same_interval() -> None:
    differences = {f"s{n}": [n / 7, -n / 5] for n in range(12)}
    assert paired_interval(differences, Random(5)) == paired_interval(differences, Random(5))


def test_it_covers_the_true_mean_about_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(200):
        random = Random(seed)
        differences = {f"s{n}": [random.gauss(0.3, 1.0)] for n in range(30)}
        found = paired_interval(differences, random, resamples=400)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0.3 <= found.high
    assert 178 <= hits <= 199
