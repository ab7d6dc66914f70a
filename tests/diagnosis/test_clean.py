"""Lines keep their original numbers whatever stands in them."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.diagnosis.clean import LINE_LIMIT, clean, lines


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"2026-01-02T03:04:05.1234567Z hello", "hello"),
        (b"\xef\xbb\xbf2026-01-02T03:04:05.1234567Z hello", "hello"),
        (b"2026-01-02T03:04:05Z", ""),
        (b"no stamp", "no stamp"),
        (b"\x1b[31;1mError:\x1b[0m x\x1b[K", "Error: x"),
        (b"\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        (b"\x1b(Bplain", "plain"),
        (b"50%\r100%\rdone\r", "done"),
        (b"2026-01-02T03:04:05.1Z 50%\r100%\r\n".rstrip(b"\n"), "100%"),
        (b"bell\x07 nul\x00 del\x7f", "bell nul del"),
        ("a\u202eb\u200bc".encode(), "abc"),
        (b"tab\tstays", "tab\tstays"),
        (b"\xff\xfe bytes", "\ufffd\ufffd bytes"),
        ("grün ✓".encode(), "grün ✓"),
        (b"\x1b", ""),
    ],
)
def test_one_line(raw: bytes, text: str) -> None:
    assert clean(raw, 1).text == text


def test_the_second_of_writing_is_kept() -> None:
    assert clean(b"2026-01-02T03:04:05.1234567Z x", 3) == (3, "2026-01-02T03:04:05", "x")


@given(st.lists(st.binary(max_size=60).filter(lambda part: b"\n" not in part), min_size=1, max_size=20))
def test_numbers_are_those_of_the_original(parts: list[bytes]) -> None:
    log = b"\n".join(parts)
    found = list(lines(log))
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    assert len(found) == log.count(b"\n") + (0 if log.endswith(b"\n") or not log else 1)
    for line in found:
        assert line == clean(parts[line.number - 1][:LINE_LIMIT], line.number)


def test_a_part_goes_on_counting() -> None:
    log = b"one\ntwo\nthree\nfour"
    assert [(line.number, line.text) for line in lines(log, 4, 14, 2)] == [(2, "two"), (3, "three")]


def test_memory_does_not_grow_with_the_log() -> None:
    log = b"2026-01-02T03:04:05.1234567Z some line of a log\n" * 50_000 + b"x" * 5_000_000
    tracemalloc.start()
    try:
        count = sum(1 for _ in lines(log))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 50_001
    assert peak < 1_000_000
