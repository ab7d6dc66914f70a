"""The rules themselves: plain parts of phrases, and the search for a thousand of them at once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.evidence import FailureClass
from otto_bot.diagnosis.literals import Literals
from otto_bot.diagnosis.reading_text import RULES, plain, said_in
from otto_bot.diagnosis.rule import literals_of


@pytest.mark.parametrize(
    ("phrase", "literals"),
    [
        (r"could not find", (b"could not find",)),
        (r"^(?:Error: )?The (?:job|step) failed", (b" failed",)),
        (r"Failed to (?:build|compile)\b", (b"failed to ",)),
        (r"(?:build|compile) x", (b"build", b"compile")),
        (r"colou?red|flavour", (b"colo", b"flavour")),
        (r"No\w+ such\s+file", (b" such",)),
        (r"\[error\] x{2,3}y", (b"[error] ",)),
        (r"alpha(?!beta and more)", (b"alpha",)),
        (r"[^,;] [\d.]+ broken+", (b" broken",)),
        (r"(?:abc(?:def)?)+ghi|jklm", (b"abc", b"jklm")),
    ],
)
def test_the_longest_plain_part_is_what_is_searched_for(phrase: str, literals: tuple[bytes, ...]) -> None:
    assert literals_of(phrase) == literals
    re.compile(phrase)


@pytest.mark.parametrize("phrase", [r"\d+", r"a.b", r"ab|long enough", r"(?:abc)?", r"", r"(?=lookahead)"])
def test_a_phrase_without_a_plain_part_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="no plain part"):
        literals_of(phrase)


texts = st.lists(st.binary(min_size=1, max_size=9).map(bytes.lower), min_size=1, max_size=12)


@given(texts, st.lists(st.integers(0, 11), max_size=20), st.binary(max_size=3))
def test_every_text_is_found_wherever_it_stands(wanted: list[bytes], order: list[int], between: bytes) -> None:
    low = between.join(wanted[index % len(wanted)] for index in order).lower()
    found = set(Literals(wanted).places(low, 10_000))
    assert all(low.startswith(text, at) for at, text in found)
    for text in wanted:
        places = {at for at in range(len(low)) if low.startswith(text, at)}
        told = {at for at, word in found if word == text}
        assert told <= places
        assert bool(told) == bool(places)
        if len(text) >= 5:
            assert told == places


def test_of_each_text_only_the_last_places_are_looked_at() -> None:
    low = b"an error here\n" * 50
    found = sorted(at for at, text in Literals([b"error"]).places(low, 3) if text == b"error")
    assert found == [3 + 14 * n for n in (47, 48, 49)]


def test_every_rule_names_a_class_or_leaves_it_open_on_purpose() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    open_rules = {rule.name for rule in RULES if rule.failure_class is None}
    assert open_rules == {"time limit of the job or step", "uncaught error of the code", "tried again"}
    assert not any(rule.failure_class is FailureClass.SPEC for rule in RULES)


@pytest.mark.parametrize(
    "raw",
    [
        b"2026-01-02T03:04:05.1234567Z Killed",
        b"[2026-01-02 03:04:05,123] Killed",
        b"19:15:57 Killed",
        b"#12 3.456 Killed",
        b"\x1b[31mKilled\x1b[0m",
        b"^[[31mKilled^[[0m",
        b"2026-01-02T03:04:05.123456Z 01O Killed",
        b"10%\r50%\rKilled\r",
    ],
)
def test_times_and_colours_before_a_line_are_no_part_of_it(raw: bytes) -> None:
    assert plain(raw) == "Killed"
    assert [rule.name for rule in said_in([plain(raw)])[0].rules] == ["process killed from outside"]
