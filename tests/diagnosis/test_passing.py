"""What a passing run of the same job did not say."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis import bench
from otto_bot.diagnosis.extract import rank
from otto_bot.diagnosis.passing import MOST_LINES, MOST_NEW, Passing, form
from otto_bot.diagnosis.slice import Section


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-01-02T03:04:05.1234567Z building in 3.2 s", "2027-11-12T13:14:15.7654321Z building in 14.9 s"),
        ("HEAD is now at 3f2a91c", "HEAD is now at 9b8c7d6e"),
        ("object at 0x7f3a00aa10", "object at 0x55ffee99"),
        ("layer sha256:" + "0a" * 32, "layer sha256:" + "b7" * 32),
        ("run  of\ttwo   parts", "run of two parts"),
        ("\x1b[31mred\x1b[0m text", "red text"),
        ("12:30:59 done", "23:01:07 done"),
        ("pid 77", "pid 123456"),
    ],
)
def test_what_changes_from_run_to_run_is_not_new(one: str, other: str) -> None:
    assert form(one.encode()) == form(other.encode())
    assert Passing(one.encode()).new_lines(other.encode(), 0, len(other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("test_total PASSED", "test_total FAILED"), ("deadbeef is a word", "cafebabe is one"), ("a b", "ab"), ("x", "")],
)
def test_other_words_are_new(one: str, other: str) -> None:
    assert form(one.encode()) != form(other.encode())


def test_new_lines_are_where_they_begin() -> None:
    failing = b"one\nnew A\ntwo\r\n\nnew B\n"
    assert Passing(b"one\ntwo\n").new_lines(failing, 0, len(failing)) == [4, failing.index(b"new B")]
    assert Passing(b"one\ntwo\n").new_lines(failing, 4, 8) == [4]
    passing = Passing(b"one\nunit 3 is well\n")
    assert passing.says("unit 44 is well")
    assert not passing.says("unit is well")


NOISE = [f"E: cache of part {chr(97 + n % 26)} failed, error ignored" for n in range(400)]
REASON = ["the depot returned 3 parcels instead of 4", "giving up"]
PASSED = "\n".join([*NOISE, "all is well"])
FAILED = "\n".join([*NOISE[:300], *REASON, *NOISE[300:]])


def test_lines_that_are_new_are_preferred() -> None:
    assert REASON[0] not in bench.extract(FAILED, 600)
    assert REASON[0] in bench.extract_with_pass(FAILED, PASSED, 600)


def test_a_passing_log_with_other_numbers_serves_as_well() -> None:
    text = FAILED.replace("\n", " took 31 ms\n")
    assert REASON[0] in bench.extract_with_pass(text, PASSED.replace("\n", " took 7771 ms\n"), 600)


@pytest.mark.parametrize("passing", ["", "all is well", PASSED])
def test_the_budget_holds_with_a_passing_run_too(passing: str) -> None:
    for budget in (0, 1, 13, 200, 1000):
        assert len(bench.extract_with_pass(FAILED, passing, budget)) <= budget


def test_a_passing_run_that_said_all_leaves_what_is_worth_most() -> None:
    text = "working\nerror: the disk is full\nstopping"
    assert "error: the disk is full" in bench.extract_with_pass(text, text, 500)


def test_without_a_passing_run_nothing_changes() -> None:
    log = FAILED.encode()
    section = Section(0, len(log), 1, None)
    alone, empty = rank(log, section), rank(log, section, None)
    assert alone == empty
    assert bench.extract_with_pass(FAILED, "", 900) == bench.extract(FAILED, 900)


def test_what_is_new_is_the_first_and_the_last() -> None:
    rows = [f"word {chr(97 + n % 26) * (n // 26 + 1)}" for n in range(5 * MOST_NEW)]
    log = "\n".join(rows).encode()
    places = Passing(b"").new_lines(log, 0, len(log))
    starts = [sum(len(row) + 1 for row in rows[:n]) for n in range(len(rows))]
    assert places == starts[:MOST_NEW] + starts[-MOST_NEW:]


def test_a_huge_passing_log_is_bounded() -> None:
    row = b"2026-01-02T03:04:05.1234567Z unit was built without any further ado\n"
    log = row * (MOST_LINES // 16) + b"x" * 5_000_000
    tracemalloc.start()
    try:
        passing = Passing(log)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert passing.says("unit was built without any further ado")
    assert peak < 2_000_000


def test_no_more_than_the_most_lines_are_read() -> None:
    passing = Passing(b"\n" * MOST_LINES + b"said too late\n")
    assert not passing.says("said too late")


@settings(max_examples=100)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_compare(one: bytes, other: bytes) -> None:
    passing = Passing(one)
    assert passing.new_lines(one, 0, len(one)) == []
    places = passing.new_lines(other, 0, len(other))
    assert places == sorted(set(places))
    for at in places:
        assert at == 0 or other[at - 1 : at] in (b"\n", b"\r")
