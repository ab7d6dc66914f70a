"""Patterns of files and branches: what they match, how long it takes, and which are refused."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.config import ConfigError, HostCaps, read_config
from otto_bot.core.globs import BadGlob, checked_all, filter_glob, ignore_glob


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (".github/**", [".github/x", ".github/a/b"], [".github", "a/.github/x"]),
        ("CODEOWNERS", ["CODEOWNERS", "docs/CODEOWNERS", "CODEOWNERS/x"], ["CODEOWNERS2"]),
        ("/CODEOWNERS", ["CODEOWNERS"], ["docs/CODEOWNERS"]),
        ("*.lock", ["a.lock", "x/y.lock", "a.lock/b"], ["a.lock2"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b/c"], ["ab"]),
        ("a/*/b", ["a/x/b"], ["a/b", "a/x/y/b"]),
        ("docs/", ["docs/x", "docs"], ["docs2"]),
        ("**", ["anything/at/all"], []),
    ],
)
def test_patterns_as_in_gitignore(pattern: str, yes: list[str], no: list[str]) -> None:
    glob = ignore_glob(pattern)
    assert [text for text in [*yes, *no] if glob.matches(text)] == yes


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", ["main"], ["a/b"]),
        ("**", ["a/b"], []),
        ("v[12].[0-9]+", ["v1.2", "v2.345"], ["v3.1", "v1."]),
        ("*.jsx?", ["a.js", "a.jsx"], ["a.jsxx"]),
        ("**/docs/**", ["docs/a", "x/docs/a/b"], ["docs"]),
        ("a\\*b", ["a*b"], ["axb"]),
        ("[", ["["], ["x"]),
    ],
)
def test_filter_patterns_of_actions(pattern: str, yes: list[str], no: list[str]) -> None:
    glob = filter_glob(pattern)
    assert [text for text in [*yes, *no] if glob.matches(text)] == yes


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="a*?/b", max_size=20), st.text(alphabet="ab/", max_size=200))
def test_any_pattern_and_text_come_to_an_end(pattern: str, text: str) -> None:
    assert ignore_glob(pattern).matches(text) in (True, False)
    assert not filter_glob(pattern).matches(text) or filter_glob(pattern).may_begin(text[:3])


def test_the_time_is_linear_where_a_regular_expression_would_take_for_ever() -> None:
    begun = time.process_time()
    assert not ignore_glob("*a" * 20 + "*b").matches("a" * 4000)
    assert not filter_glob("**a" * 10 + "b").matches("a" * 4000)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("protected", "words"),
    [
        (["a"] * 101, "101 patterns; at most 100"),
        (["a" * 257], "257 characters; at most 256"),
        (["*a" * 21], "21 stars; at most 20"),
        (["a\nb"], "control character"),
        ([" "], "may not be empty"),
    ],
)
def test_a_pattern_beyond_the_limits_is_an_error_of_the_configuration(protected: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        read_config({"paths": {"protected": protected}}, HostCaps())
    assert error.value.problems[0][0] == "paths.protected"
    with pytest.raises(BadGlob):
        checked_all(protected)
