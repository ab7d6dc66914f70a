"""What is known of a line among its neighbours, and what each line is worth by it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis import weights
from otto_bot.diagnosis.linescore import worth
from otto_bot.diagnosis.scan import Line, Scan, scan
from otto_bot.diagnosis.signs import BIT, signs_of
from otto_bot.diagnosis.traits import FAR, NAMES, NEIGHBOURS, Spot, spots, traits

TABLES = {"IS": weights.IS} | {name: getattr(weights, name.upper()) for name, _ in NEIGHBOURS}
ERROR = "src/parse.c:71:18: error: expected ';'"


def spots_of(*lines: str) -> list[Spot]:
    log = "\n".join(lines).encode()
    return spots(scan(log, 0, len(log), 1))


def named(found: list[Spot], text: str) -> set[str]:
    return set(traits(next(spot for spot in found if spot.line.text == text)))


@pytest.mark.parametrize("table", sorted(TABLES))
def test_weights_are_of_signs_that_exist(table: str) -> None:
    assert TABLES[table]
    assert set(TABLES[table]) <= set(BIT)


def test_weights_of_places_are_of_traits_that_exist() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert set(weights.PLACE) <= {name for name in NAMES if ":" not in name}


def test_weights_are_sound_numbers() -> None:
    for value in (weights.BIAS, *weights.PLACE.values(), *(w for table in TABLES.values() for w in table.values())):
        assert math.isfinite(value)
        assert 0 < abs(value) < 10


def test_what_stands_around_an_error_is_named() -> None:
    found = spots_of(
        "compiling", "  at x.first(a.c:1)", ERROR, "   71 |   return strlen(&line)", "      |   ^^^^^", "end"
    )
    error = named(found, ERROR)
    assert {"is:error", "is:place", "strong", "first strong", "last strong"} <= error
    assert "above1:frame" in error
    assert "below3:caret" in error
    below = named(found, "   71 |   return strlen(&line)")
    assert {
        "1 to 1 below a strong",
        "above1:error",
        "below1:caret",
        "indented",
        "within 6 below the first strong",
    } <= below
    above = named(found, "compiling")
    assert {"2 to 2 above a strong", "before any strong", "below1:frame", "below3:error"} <= above
    assert "before any strong" not in below


def test_what_was_not_read_is_far() -> None:
    found = spots_of(ERROR, *["quiet"] * 400, "the end")
    last = found[-1]
    assert last.line.text == "the end"
    assert last.below > 100
    assert not any("below a strong" in name for name in traits(last))
    assert found[0].to_end == 401


def test_the_heading_of_a_step_is_its_command_and_environment() -> None:
    found = spots_of(
        "##[group]Run make", "make --fatal-warnings", "env:", "##[endgroup]", "##[group]Details", "in it", ERROR
    )
    inside = {spot.line.text for spot in found if spot.heading}
    assert {"##[group]Run make", "make --fatal-warnings", "env:"} <= inside
    assert not inside & {"##[group]Details", "in it", ERROR}


def test_every_line_is_worth_something_between_nothing_and_all() -> None:
    found = spots_of("downloading", ERROR, "see the log", *["quiet"] * 30, "make: *** [all] Error 2")
    values = worth(found)
    assert len(values) == len(found)
    assert all(0 < value < 1 for value in values)
    best = found[max(range(len(values)), key=values.__getitem__)]
    assert best.line.text == ERROR


def test_the_sum_is_that_of_the_named_traits() -> None:
    """Tables made for speed say the same as the names."""
    found = spots_of(
        *["[INFO] Downloading from central: https://repo.example.org/a.pom"] * 30,
        "##[group]Run make",
        "env:",
        "##[endgroup]",
        "Traceback (most recent call last):",
        '  File "a.py", line 3, in <module>',
        "",
        "KeyError: 'colour'",
        "x" * 250 + " error",
        "============",
        "E   assert 1 == 2",
        "FAILED tests/test_a.py::test_b",
        "1 failed, 3 passed",
        "##[error]Process completed with exit code 1.",
    )  # fmt: skip
    for spot, value in zip(found, worth(found), strict=True):
        total = weights.BIAS
        for name in traits(spot):
            where, _, sign = name.partition(":")
            table = {"is": weights.IS, **{key: TABLES[key] for key, _ in NEIGHBOURS}}.get(where)
            total += weights.PLACE.get(name, 0.0) if table is None else table.get(sign, 0.0)
        assert value == pytest.approx(1 / (1 + math.exp(-total)))


def test_an_error_is_worth_more_than_noise_anywhere() -> None:
    for noise in ("Downloading x-1.0.tar.gz (12 kB)", "  ✓ shows an error (3 ms)", "[INFO] compiling", "========"):
        found = spots_of(*[noise] * 60, ERROR, *[noise] * 60)
        values = {spot.line.number: value for spot, value in zip(found, worth(found), strict=True)}
        assert max(values, key=values.__getitem__) == 61


lines = st.builds(
    lambda text, number, alike, fresh, blank: Line(number * 7, number, text, signs_of(text), alike, fresh, blank),
    st.text(max_size=40) | st.sampled_from([ERROR, "FAILED a", "  at b", "x" * 3000, "##[group]Run x", "fatal"]),
    st.integers(1, 10**7),
    st.integers(0, 10**6),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=100)
@given(st.lists(lines, max_size=30).map(lambda rows: sorted(rows, key=lambda line: line.number)))
def test_any_lines_have_traits_and_worth(rows: list[Line]) -> None:
    found = spots(Scan(tuple(rows), 7 * 10**7 + 1))
    assert [spot.line for spot in found] == rows
    assert all(0 <= spot.below <= FAR and 0 <= spot.above <= FAR for spot in found)
    assert all(0 <= value <= 1 for value in worth(found))
    for spot in found:
        names = list(traits(spot))
        assert len(names) == len(set(names))
        assert set(names) <= set(NAMES)
