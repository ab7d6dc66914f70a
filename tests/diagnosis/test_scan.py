"""What is read of a step: the right lines with the right numbers, in bounded memory."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis.clean import clean_line, with_line_ends
from otto_bot.diagnosis.scan import MOST_LINES, TAIL, Line, Scan, scan
from otto_bot.diagnosis.signs import signs_of

STAMP = "2026-01-02T03:04:05.1234567Z "
ERROR = "src/parse.c:71:18: error: expected ';'"


def whole(log: bytes, also: tuple[int, ...] = ()) -> Scan:
    return scan(log, 0, len(log), 1, also)


def text_of(found: Scan) -> list[str]:
    return [line.text for line in found.lines]


def numbered(found: Scan, text: str) -> list[int]:
    return [line.number for line in found.lines if line.text == text]


def log_of(*lines: str, end: str = "\n", stamp: str = "", bom: bool = False) -> bytes:
    return (b"\xef\xbb\xbf" if bom else b"") + end.join(stamp + line for line in lines).encode()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("stamp", ["", STAMP])
@pytest.mark.parametrize("bom", [False, True])
def test_lines_have_the_numbers_of_the_original(end: str, stamp: str, bom: bool) -> None:
    quiet = [f"compiling unit {chr(97 + n % 26) * (n + 1)}" for n in range(300)]
    log = log_of("first line", "", *quiet, "", "", ERROR, "", "after it", *quiet, end=end, stamp=stamp, bom=bom)
    found = whole(log)
    assert numbered(found, ERROR) == [305]
    assert numbered(found, "after it") == [307]
    assert found.lines[-1].number == 607
    assert found.end == len(log)
    for line in found.lines:
        assert line.text == clean_line(log.split(b"\n")[line.number - 1])
        assert line.start == sum(len(raw) + 1 for raw in log.split(b"\n")[: line.number - 1])


def test_parts_of_a_redrawn_line_are_lines_of_its_number() -> None:
    found = whole(b"start\n10%\r50%\rfatal: disk is gone\r100%\nend\n")
    assert [(line.number, line.text) for line in found.lines] == [
        (1, "start"),
        (2, "10%"),
        (2, "50%"),
        (2, "fatal: disk is gone"),
        (2, "100%"),
        (3, "end"),
    ]


def test_a_log_whose_lines_end_in_cr_keeps_its_bytes() -> None:
    log = b"\r".join([b"working"] * 50 + [ERROR.encode()] + [b"done"] * 3)
    changed = with_line_ends(log)
    assert len(changed) == len(log)
    assert numbered(whole(changed), ERROR) == [51]
    assert with_line_ends(b"a\r\nb\r\n" * 50) == b"a\r\nb\r\n" * 50


def test_a_section_counts_from_its_own_first_line() -> None:
    head = b"before\n" * 40
    log = head + ERROR.encode() + b"\nafter\n" + b"other step\n" * 5
    found = scan(log, len(head), log.index(b"other"), 41)
    assert [(line.number, line.text) for line in found.lines] == [(41, ERROR), (42, "after")]


def test_neighbours_are_told_from_what_stands_far_away() -> None:
    log = log_of("start", *["quiet"] * 400, "", ERROR, "the next", *["quiet"] * 400, "the end")
    found = whole(log).lines
    error = next(line for line in found if line.text == ERROR)
    following = found[found.index(error) + 1]
    assert error.after_blank
    assert not error.fresh
    assert (following.text, following.fresh, following.after_blank) == ("the next", False, False)
    gaps = [later for before, later in pairwise(found) if later.number > before.number + 2]
    assert gaps
    assert all(line.fresh for line in gaps)


def test_the_end_is_read_however_many_errors_stand_before_it() -> None:
    errors = [f"src/m{n}.py:{n}:1: error: problem {chr(97 + n % 26) * (1 + n % 50)}" for n in range(20_000)]
    ending = [f"last words {chr(97 + n % 26) * (n + 1)}" for n in range(TAIL - 2)]
    found = whole(log_of("FIRST.py:1:1: error: the reason", *errors, *ending))
    texts = text_of(found)
    assert texts[-len(ending) :] == ending
    assert "FIRST.py:1:1: error: the reason" in texts
    assert len(texts) <= MOST_LINES


QUIET = ["quiet"] * 300


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(
            [f"src/m.c:{n}:1: error: problem {chr(97 + n % 26) * (1 + n // 26)}" for n in range(800)], id="dense"
        ),
        pytest.param(
            [x for n in range(200) for x in (f"m.c:{n}:1: error: {chr(97 + n % 26) * (1 + n // 26)}", *QUIET[:20])],
            id="an error every 20 lines",
        ),
        pytest.param(
            [x for n in range(200) for x in (f"m.c:{n}:1: error: {chr(97 + n % 26) * (1 + n // 26)}", *QUIET[:60])],
            id="an error every 60 lines",
        ),
        pytest.param(["error: one", "\r".join(f"{n}%" for n in range(1000))], id="a redrawn line"),
    ],
)
def test_nothing_that_stands_before_takes_the_last_lines(before: list[str]) -> None:
    found = whole(log_of(*before, *QUIET, "FATAL: the end of it"))
    assert text_of(found)[-TAIL + 1 :] == [*QUIET, "FATAL: the end of it"][-TAIL + 1 :]


@pytest.mark.parametrize("before", [5000, 60_000])
def test_an_error_in_the_midst_of_quiet_is_found(before: int) -> None:
    quiet = [f"unit {n} is well" for n in range(before)]
    found = whole(log_of(*quiet, "Traceback (most recent call last):", "KeyError: 'colour'", *quiet))
    assert numbered(found, "KeyError: 'colour'") == [before + 2]


def test_one_form_repeated_does_not_hide_another() -> None:
    loud = [f"ERROR: connection {n} was lost" for n in range(30_000)]
    found = whole(log_of(*loud[:15_000], "panic: the schema has no such column", *loud[15_000:]))
    assert numbered(found, "panic: the schema has no such column") == [15_001]
    assert max(line.alike for line in found.lines if "connection" in line.text) > 20


def test_lines_asked_for_are_read_with_their_neighbours() -> None:
    lines = [f"step {chr(97 + n % 26) * (1 + n // 26)}" for n in range(3000)]
    log = log_of(*lines)
    wanted = (log.index(lines[1200].encode() + b"\n"), log.index(lines[2000].encode() + b"\n"))
    assert lines[1200] not in text_of(whole(log))
    texts = text_of(whole(log, wanted))
    for at in (1200, 2000):
        assert lines[at - 1 : at + 2] == [text for text in texts if text in lines[at - 1 : at + 2]]
    assert len(texts) <= MOST_LINES + 3 * len(wanted)


def test_what_is_read_of_a_huge_log_is_bounded() -> None:
    line = (STAMP + "src/module.py:10: error: a name is not defined, which it should be\n").encode()
    quiet = (STAMP + "downloading a part of something that is long enough to be read\n").encode()
    block = line + quiet * 400
    log = block * (60_000_000 // len(block)) + b"FATAL: the end of it\n"
    tracemalloc.start()
    try:
        found = whole(log)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.lines) <= MOST_LINES
    assert peak < 12_000_000


def test_a_line_without_an_end_is_bounded_too() -> None:
    log = b"error " * 1_000_000
    tracemalloc.start()
    try:
        found = whole(log)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.lines
    assert sum(len(line.text) for line in found.lines) < 100_000
    assert peak < 40_000_000


words = st.sampled_from(
    [
        b"error",
        b"fail",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"\xff",
        b"x" * 5000,
        b"FAILED a",
        "✖ b".encode(),
        b" at x.py:1",
    ]
)


@settings(max_examples=120)
@given(st.lists(words, max_size=40).map(b"".join), st.data())
def test_any_bytes_are_read(log: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(log)))
    end = data.draw(st.integers(start, len(log)))
    also = data.draw(st.lists(st.integers(start, end), max_size=3).map(sorted))
    first = log.count(b"\n", 0, start) + 1
    found = scan(log, start, end, first, also)
    assert list(found.lines) == sorted(found.lines, key=lambda line: (line.start, line.number))
    assert len({line.start for line in found.lines}) == len(found.lines)
    for line in found.lines:
        assert start <= line.start < max(end, start + 1)
        assert line.number == log.count(b"\n", 0, line.start) + 1
        assert line.text.strip()
        assert line.signs == signs_of(line.text)
        assert isinstance(line, Line)
