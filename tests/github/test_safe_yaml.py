"""YAML of a repository: plain values within limits, or one error that says what is wrong."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.github.safe_yaml import MAX_BYTES, YamlError, load, load_aside

LEVELS = [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)]
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(LEVELS)
TALL = "\n".join([f"a: &a {'[' * 60}{']' * 60}", f"b: {'[' * 60}*a{']' * 60}"])
"""Sixty levels in sixty."""
MERGES = LAUGHS.replace("[x, x, x, x, x, x, x, x, x]", "{k: 1}").replace("[*", "{<<: [*").replace("]", "]}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a: 1\nb: [true, x, 1.5, null]", {"a": 1, "b": [True, "x", 1.5, None]}),
        ("a: 2026-13-45\nb: 2026-01-01", {"a": "2026-13-45", "b": "2026-01-01"}),
        ("a: &x {k: 1}\nb: *x\nc: {<<: *x, l: 2}", {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1, "l": 2}}),
        ("\ufeffa: 1", {"a": 1}),
        ("=: =", {"=": "="}),
    ],
)
def test_what_is_plain_is_read(text: str, value: object) -> None:
    assert load(text) == load(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LAUGHS, "with its aliases written out it has more than 50000 values"),
        (MERGES, "with its aliases written out it has more than 50000 values"),
        ("a: &a [*a]", "contains itself"),
        (TALL, "line 2: with its aliases written out it is nested more than 64 levels"),
        ("[" * 50_000, "more than 64 levels"),
        ("- " * 5_000, "more than 64 levels"),
        ("x" * (MAX_BYTES + 1), "at most"),
        ("a: 1\na: 2", "line 2: the key 'a' stands twice"),
        ("a: !!python/object/apply:os.system [id]", "is not allowed"),
        ("a: !!timestamp x", "is not allowed"),
        ("a: !!int x", "cannot be read as YAML"),
        ("a: !!bool x", "cannot be read as YAML"),
        (f"a: {'9' * 5000}", "cannot be read as YAML"),
        ("? [a]\n: 1", "unhashable"),
        ("a: *nothing", "undefined alias"),
        ("a: 1\n---\nb: 2", "another document"),
        ("a: \0", "cannot be read as YAML"),
        ("a: [", "line"),
    ],
)
def test_what_is_wrong_is_one_error_in_short_time(text: str, words: str) -> None:
    begun = time.process_time()
    with pytest.raises(YamlError, match=words.replace("(", r"\(")):
        load(text)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize("written", [True, False])
def test_aliases_reach_as_deep_as_what_is_written_out(written: bool) -> None:
    def nested(levels: int) -> str:
        inner = f"{'[' * 30}{']' * 30}"
        outer = "[" * (levels - 31), "]" * (levels - 31)
        return f"[&a {inner}, {outer[0]}{inner if written else '*a'}{outer[1]}]"

    assert load(nested(64))
    with pytest.raises(YamlError, match="more than 64 levels"):
        load(nested(65))


def test_the_number_of_values_is_limited() -> None:
    with pytest.raises(YamlError, match="more than 500 values"):
        load("- a\n" * 600, max_nodes=500)
    assert len(load("- a\n" * 400, max_nodes=500)) == 400


def test_other_encodings_are_refused() -> None:
    for raw in ("a: 1".encode("utf-16"), b"a: \xff"):
        with pytest.raises(YamlError, match="not UTF-8"):
            load(raw)


async def test_large_texts_are_read_aside() -> None:
    assert await load_aside("a: 1") == {"a": 1}
    assert len(await load_aside("- abcdefgh\n" * 1_000)) == 1_000
    with pytest.raises(YamlError):
        await load_aside("a: [" + " " * 10_000)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="a&*:[]{}!<>|-?,'\"# \n%0", max_size=40))
def test_any_bytes_are_a_value_or_this_error(raw: bytes | str) -> None:
    with contextlib.suppress(YamlError):
        load(raw)
