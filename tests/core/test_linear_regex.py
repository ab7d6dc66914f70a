"""Expressions of rules: the same answers as Python's where both know them, in linear time, and no guesses."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.linear_regex import Unknown, search

PATTERNS = [
    "^(feature|fix)/", "feature/.*", r"^[A-Z]+-\d+: .+$", r"^(?:feat|fix)(\(.+\))?!?: ", r"\bWIP\b", "a{2,3}b",
    "a{2,}$", "^a{3}$", "^[^/]+/[^/]+$", r"^\w+@(corp|octo)\.example$", "(?i)^FIX", "a??b", "^$", "x|", "[]a]",
    r"[\w.-]+", "(a|b)*c", r"^(?P<kind>feat|fix)/", "[[:alpha:]]+[0-9]", "(?m)^Signed-off-by: .+$", r"[a\-z]",
    "((a+)+)+$", "(a|aa)+$", "(ab?){0,2}$",
]  # fmt: skip
TEXTS = [
    "", "feature/x", "fix/otto/1-1/run", "otto/1-1/run", "ABC-12: do it", "feat(core)!: x", "a WIP b", "WIPE", "aab",
    "aaa", "aaaa", "b", "me@octo.example", "me@octoxexample", "Title\n\nSigned-off-by: A <a@b>\n", "]", "abab", "c",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_answers_as_python_does(pattern: str) -> None:
    python = pattern.replace("[[:alpha:]]", "[a-zA-Z]").replace("$", r"(?m:$)" if "(?m)" in pattern else r"\Z")
    for text in TEXTS:
        assert search(pattern, text) == (re.search(python, text) is not None), (pattern, text)


@given(st.text("ab(|)*?^$.", max_size=12), st.text("ab", max_size=6))
def test_what_both_understand_both_answer_alike(pattern: str, text: str) -> None:
    try:
        mine = search(pattern, text)
    except Unknown:
        return
    try:
        python = re.compile(pattern.replace("$", r"\Z"))
    except re.error:
        return
    assert mine == (python.search(text) is not None)


@pytest.mark.parametrize("pattern", ["(a", "a)", "[a", r"(a)\1", "(?=a)", "(?<!a)b", "*a", r"\p{L}", "a**", "x" * 2000,
                                     "((a{100}){100}){100}", "(" * 500 + ")" * 500, "(?i:a)", "[z-a]"])  # fmt: skip
def test_what_is_not_understood_is_not_guessed(pattern: str) -> None:
    with pytest.raises(Unknown):
        search(pattern, "a")


def test_an_expression_that_takes_python_for_ever_takes_no_time() -> None:
    since = time.monotonic()
    assert not search("^((a+)+)+$", "a" * 2000 + "b")
    assert time.monotonic() - since < 5
