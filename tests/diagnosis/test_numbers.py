"""Each quoted line under its own number, also where an excerpt leaves lines out."""

from __future__ import annotations

import pytest

from otto_bot.core.evidence import Excerpt
from otto_bot.diagnosis.numbers import line_numbers

LOG = (
    b"2026-03-02T09:00:00.1234567Z one\n"
    b"2026-03-02T09:00:00.1234567Z \x1b[31mtwo\x1b[0m\r\n"
    b"\n"
    b"three\n"
    b"10%\r20%\rdone\n" + b"x" * 9000 + b"\nlast words"
)


def excerpt(text: str, first: int | None, last: int | None, kind: str = "log") -> Excerpt:
    return Excerpt.model_validate({"kind": kind, "source": "job", "text": text, "first_line": first, "last_line": last})


@pytest.mark.parametrize(
    ("text", "first", "last", "numbers"),
    [
        ("one\ntwo", 1, 2, (1, 2)),
        ("two\nthree", 2, 4, (2, 4)),
        ("10%\ndone", 5, 5, (5, 5)),
        ("xxx …", 6, 6, (6,)),
        ("last", 7, 7, (7,)),
        ("words", 7, 7, (7,)),
        ("four", 4, 4, ()),
        ("one\nthree\ntwo", 1, 4, ()),
        ("one", None, None, ()),
        ("one", 900, 901, ()),
    ],
)
def test_lines_have_their_numbers(text: str, first: int | None, last: int | None, numbers: tuple[int, ...]) -> None:
    assert line_numbers(LOG, [excerpt(text, first, last)]) == (numbers,)


def test_only_lines_of_logs_have_numbers() -> None:
    assert line_numbers(LOG, [excerpt("one", 1, 1, "annotation"), excerpt("one", 1, 1)]) == ((), (1,))


def test_a_line_far_down_is_found() -> None:
    log = b"".join(b"line %d\n" % number for number in range(1, 300_001))

    assert line_numbers(log, [excerpt("line 299999\nline 300000", 299_999, 300_000)]) == ((299_999, 300_000),)
