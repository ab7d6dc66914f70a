"""What is taken out, to the byte: at the beginning and the end of a text, over lines, chunks, colours and keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core import redact
from otto_bot.core.redact import CONTEXT, HELD_BACK, PIECE, REDACTED, SHORTEST, Redactor

R = REDACTED
TOKEN = "gh" + "p_" + "a1B2" * 9
VALUE = "s3cr3t-Value"
BEGIN, END = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"
BODY = "MIIEpAIBAAKCAQEA75" * 3
RED, OFF = "\x1b[31m", "\x1b[0m"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (TOKEN, R),
        (f"{TOKEN}\n", f"{R}\n"),
        (f"\n{TOKEN}", f"\n{R}"),
        (f"a {TOKEN} b\n{TOKEN}\nc", f"a {R} b\n{R}\nc"),
        (f"{TOKEN} {TOKEN}", f"{R} {R}"),
        (VALUE, R),
        (f"{VALUE}{VALUE}", f"{R}{R}"),
        (f"x{VALUE}y", f"x{R}y"),
        (f"password={VALUE}", f"password={R}"),
        ("password=hunter2hunter2", f"password={R}"),
        ("password=hunter2hunter2\nx", f"password={R}\nx"),
        ("x\npassword=hunter2hunter2", f"x\npassword={R}"),
        ("api_key: 'abcdef0123456789abcdef'\napi_key: 'abcdef0123456789abcdef'", f"api_key: '{R}'\napi_key: '{R}'"),
        (f"{RED}{TOKEN}", f"{RED}{R}"),
        (f"{TOKEN[:9]}{RED}{TOKEN[9:]}", R),
        (f"{TOKEN[:9]}{RED}{TOKEN[9:]}{OFF} b", f"{R}{OFF} b"),
        (f"a{RED}b{OFF}{TOKEN[:20]}{RED}{TOKEN[20:]}{OFF}c", f"a{RED}b{OFF}{R}"),
        (f"a {RED}b{OFF} {TOKEN[:20]}{RED}{TOKEN[20:]}{OFF} c", f"a {RED}b{OFF} {R}{OFF} c"),
        (f"{BEGIN}\n{BODY}\n{BODY}\n{END}\nafter", f"{R}\n{R}\n{R}\n{R}\nafter"),
        (f"{BEGIN}\n{BODY}", f"{R}\n{R}"),
        (f"before\n{BEGIN}\n{BODY}\nand words of people\n", f"before\n{R}\n{R}\nand words of people\n"),
        (f"> {BEGIN}\n> {BODY}\n> {END}\n> bye", f"> {R}\n> {R}\n> {R}\n> bye"),
        (f'"{BEGIN}\\n{BODY}\\n{END}\\n" x', f'"{R}\\n" x'),
        (f"{BEGIN}{BODY}{END} x", f"{R} x"),
        (f"{BEGIN} {END}\n{TOKEN}", f"{BEGIN} {END}\n{R}"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", None),
        ("-----BEGIN of a story", None),
    ],
)
def test_a_text_without_its_secrets(text: str, clean: str | None) -> None:
    """None: it stays as it is."""
    assert Redactor([VALUE]).text(text) == (text if clean is None else clean)


def test_the_words_that_stand_before_a_value_are_needed_for_a_coloured_one() -> None:
    plain = "a b"
    assert Redactor().text(f"{plain}{RED}c{OFF}") == f"{plain}{RED}c{OFF}"


@pytest.mark.parametrize("length", [SHORTEST - 1, SHORTEST])
def test_a_value_shorter_than_a_secret_is_let_be(length: int) -> None:
    value = "zq9x7k"[:length]
    assert (Redactor([value]).text(f"a {value} b") == f"a {R} b") is (length >= SHORTEST)
    assert (Redactor([f" {value}  "]).text(f"a {value} b") == f"a {R} b") is (length >= SHORTEST)


PIECES = st.sampled_from(
    [TOKEN, VALUE, "\n", "x", " ", RED, OFF, f"password={VALUE}x", f"{BEGIN}\n{BODY}\n{END}\n", BEGIN, BODY, END, "é"]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(st.integers(1, 40), max_size=8))
def test_a_stream_gives_what_the_whole_gives_wherever_it_is_cut(text: str, cuts: list[int]) -> None:
    data = text.encode()
    chunks, at = [], 0
    for size in cuts:
        chunks.append(data[at : at + size])
        at += size
    chunks.append(data[at:])
    redactor = Redactor([VALUE])
    assert b"".join(redactor.stream(chunks)) == redactor.raw(data)
    assert redactor.raw(data).count(b"\n") == data.count(b"\n")


def test_whole_lines_of_a_stream_are_given_out_at_once() -> None:
    redactor = Redactor()
    assert list(redactor.stream([b"a\nb", b"c\n", b"d"])) == [b"a\n", b"bc\n", b"d"]
    assert list(redactor.stream([b"", b"\n", b""])) == [b"\n"]
    assert list(redactor.stream([])) == []


def test_an_endless_line_is_held_back_by_what_a_secret_may_need() -> None:
    pieces = list(Redactor().stream([b"x" * (PIECE + 1), b"y"]))
    assert [len(one) for one in pieces] == [PIECE + 1 - HELD_BACK, HELD_BACK + 1]
    exactly = list(Redactor().stream([b"x" * PIECE]))
    assert [len(one) for one in exactly] == [PIECE]


def test_words_before_the_border_of_an_endless_line_still_give_a_secret_away() -> None:
    line = b"x" * (PIECE + 1 - HELD_BACK - 12) + b" password=" + VALUE.encode() + b"9" + b" " * HELD_BACK
    got = b"".join(Redactor().stream([line, b"z"]))
    assert VALUE.encode() not in got
    assert got.endswith(b" " * (HELD_BACK - CONTEXT) + b" " * CONTEXT + b"z")


@pytest.mark.parametrize("size", [1, 2, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 3])
def test_pieces_of_whole_lines_hold_every_byte(size: int) -> None:
    for data in (b"x" * size, b"x" * size + b"\n", b"\n" * size, (b"ab\n" * size)[:size]):
        pieces = list(redact._pieces(data))
        assert b"".join(pieces) == data
        assert all(piece.endswith(b"\n") for piece in pieces[:-1])
        assert len(pieces) <= 1 + 2 * len(data) // PIECE


@pytest.mark.parametrize(
    ("spans", "merged"),
    [([], []), ([(0, 1)], [(0, 1)]), ([(0, 2), (1, 3)], [(0, 3)]), ([(0, 2), (2, 3)], [(0, 2), (2, 3)]),
     ([(0, 9), (1, 3)], [(0, 9)]), ([(4, 5), (0, 1)], [(0, 1), (4, 5)])],
)  # fmt: skip
def test_spans_over_one_another_are_one(spans: list[tuple[int, int]], merged: list[tuple[int, int]]) -> None:
    assert redact._merged(spans) == merged


def test_json_keeps_keys_and_what_the_api_checks_byte_by_byte() -> None:
    redactor = Redactor([VALUE])
    value = {"text": VALUE, "id": VALUE, VALUE: [VALUE, 1, None, {"data": VALUE, "more": VALUE}], "data": [VALUE]}
    clean = {"text": R, "id": VALUE, VALUE: [R, 1, None, {"data": VALUE, "more": R}], "data": [R]}
    assert redactor.json(value) == clean


def test_a_key_of_too_many_lines_ends() -> None:
    lines = "\n".join(f"{BODY}{n}" for n in range(500))
    left = Redactor().text(f"{BEGIN}\n{lines}").splitlines()
    assert left[:401] == [R] * 401
    assert left[402:] == lines.splitlines()[401:]
