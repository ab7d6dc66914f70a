"""Logs as files: an index that finds lines, parts that join, words that are found, a folder with an end."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import Any

import pytest

from otto_bot.web.logs import lines as lines_module
from otto_bot.web.logs.drawn import Piece, drawn, pieces
from otto_bot.web.logs.lines import LineIndex, LogFile
from otto_bot.web.logs.spool import Spool, SpoolFull
from otto_bot.web.views.log import Wanted, wanted_of, window_of


def log_of(path: Path, body: bytes, pieces_of: int = 1_000) -> LogFile:
    index = LineIndex()
    for start in range(0, len(body), pieces_of):
        index.grow(body[start : start + pieces_of])
    path.write_bytes(body)
    return LogFile(path, index)


BODIES = {
    "empty": b"",
    "one line": b"a",
    "ended": b"a\n",
    "empty lines": b"\n\n\n",
    "even": b"".join(b"line %d\n" % n for n in range(20_000)),
    "one long": b"x" * 300_000,
    "long between": b"a\n" * 500 + b"y" * 200_000 + b"\n" + b"b\n" * 70_000 + b"end",
    "wide": "é→𝄞\n".encode() * 30_000 + "𝄞".encode() * 50_000,
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("step", [777, 65_536])
def test_every_line_is_found_where_it_stands(tmp_path: Path, name: str, step: int) -> None:
    body = BODIES[name]
    log = log_of(tmp_path / "log", body, step)
    begins = [0, *(n + 1 for n in range(len(body)) if body[n] == 10)]
    begins = [one for one in begins if one < len(body)] or [0]

    assert log.index.lines == len(body.split(b"\n")) - (body.endswith(b"\n") or not body)
    for number in {
        1,
        2,
        len(begins) // 2 or 1,
        len(begins),
        *random.Random(7).sample(range(1, len(begins) + 1), min(20, len(begins))),
    }:
        if number <= len(begins):
            assert log.offset_of(number) == begins[number - 1]
            assert log.part(begins[number - 1], 100_000).line == number
    assert log.offset_of(10**9) == begins[-1]


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("most", [4_096, 65_536])
def test_parts_join_to_the_whole_in_both_directions(tmp_path: Path, name: str, most: int) -> None:
    """Each within its size, of whole characters, and with the number of its first line."""
    body = BODIES[name]
    log = log_of(tmp_path / "log", body)

    forwards, at = b"", 0
    while part := log.part(at, most):
        if not part.body:
            break
        assert len(part.body) <= most
        assert part.line == body.count(b"\n", 0, part.start) + 1
        part.body.decode()
        forwards, at = forwards + part.body, part.end
    backwards, at = b"", len(body)
    while at > 0:
        part = log.part_before(at, most)
        assert 0 < len(part.body) <= most
        assert part.line == body.count(b"\n", 0, part.start) + 1
        part.body.decode()
        backwards, at = part.body + backwards, part.start

    assert forwards == body
    assert backwards == body


def test_a_growing_log_gives_no_half_line(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", b"one\ntwo\nthr")

    assert log.part(0, 1_000, final=False).body == b"one\ntwo\n"
    assert log.part(8, 1_000, final=False).body == b""
    assert log.part(8, 1_000).body == b"thr"


@pytest.mark.parametrize("seek", [16, 64, 1 << 20])
def test_words_are_found_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seek: int) -> None:
    """Also over the border of two reads, each once; small and large letters alike."""
    monkeypatch.setattr(lines_module, "SEEK", seek)
    body = b"".join(b"%d: the Needle is here\n" % n if n % 7 == 0 else b"%d\n" % n for n in range(300))
    log = log_of(tmp_path / "log", body)
    wanted = [n for n in range(len(body)) if body.startswith(b"Needle", n)]

    found, at = [], 0
    while at is not None:
        got = log.find("nEEDLE", at, 500, 3)
        found += [offset for offset, _ in got.matches]
        assert all(line == body.count(b"\n", 0, offset) + 1 for offset, line in got.matches)
        at = got.following

    assert found == wanted
    assert log.find("nowhere", 0, 1 << 30, 3) == ((), None)
    assert log.find("", 0, 1 << 30, 3) == ((), None)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("120-130", (120, 130)), ("120", (120, 120)), ("L120-L130", (120, 130)), ("9-3", (9, 9)), ("", (0, 0)),
        ("x", (0, 0)), ("1-", (0, 0)), ("-5", (0, 0)), ("1e5", (0, 0)), ("²", (0, 0)), ("9" * 12, (0, 0)),
        ("1-999999", (1, 5_001)),
    ],
)  # fmt: skip
def test_an_address_names_lines(line: str, wanted: tuple[int, int]) -> None:
    assert wanted_of({"line": line})[:2] == wanted


def test_a_window_holds_the_asked_lines_whatever_stands_around_them(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", b"".join(b"%d " % n + b"\x1b[31m<\x1b[0m" * 2_000 + b"\n" for n in range(1, 400)))

    window = window_of(log, Wanted(200, 202))

    assert [row.number for row in window.rows if row.marked] == [200, 201, 202]
    assert all(len(row.pieces) < 100 for row in window.rows)
    assert [row.number for row in window_of(log, Wanted(300, 300)).rows if row.marked] == [300]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain", [Piece("plain", "")]),
        (b"\x1b[31mred\x1b[0m plain", [Piece("red", "c1"), Piece(" plain", "")]),
        (b"\x1b[1;32mok\x1b[22m!\x1b[m.", [Piece("ok", "b c2"), Piece("!", "c2"), Piece(".", "")]),
        (b"\x1b[91mbright\x1b[39m", [Piece("bright", "c1")]),
        (b"\x1b[38;5;4msea\x1b[48;5;9m?\x1b[38;2;1;2;3mown", [Piece("sea", "c4"), Piece("?", "c4"), Piece("own", "")]),
        (b"\x1b[2Kgone\x1b[10;5H\x1b]0;title\x07\x1b(B\x1bc", [Piece("gone", "")]),
        (b"50%\r100%\r", [Piece("100%", "")]),
        (b"\x1b[;;;mx\x1b[999mz\x1b[", [Piece("x", ""), Piece("z", "")]),
        ("a\u202eb\u2028c".encode(), [Piece("a⟦U+202E⟧b⟦U+2028⟧c", "")]),
        (b"\xff\x00\x08|\x7f", [Piece("\ufffd|", "")]),
        (b"", [Piece("", "")]),
    ],
)  # fmt: skip
def test_colours_are_names_and_nothing_else_is_left(raw: bytes, shown: list[Piece]) -> None:
    (line,) = drawn(raw + b"\n")

    assert [one for one in pieces(line) if one.text or not raw] == shown


def test_lines_keep_their_numbers_whatever_stands_in_them() -> None:
    body = "a\u2028b\x0bc\x0cd\x85e\r\n\u200b".encode() + b"\n\n" + "\u200b".encode() * 2_000 + b"\nlast"

    assert len(drawn(body)) == body.count(b"\n") + 1


def test_the_spool_keeps_what_was_read_last(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "logs", each=100, whole=350, free=0)
    for number in range(4):
        writing = spool.begin(f"job-{number}")
        writing.add(b"x" * 90)
        writing.finish({"n": number})
        os.utime(tmp_path / "logs" / f"job-{number}.log", (number, number))
        if number == 2:
            assert spool.find("job-0") is not None  # read: now it is the newest

    kept = [number for number in range(4) if spool.find(f"job-{number}") is not None]

    assert kept == [0, 2, 3]
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700
    found = spool.find("job-3")
    assert found is not None
    assert (found.noted, found.log.size) == ({"n": 3}, 90)


def test_the_spool_knows_a_log_again_only_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "logs", free=0)
    writing = spool.begin("job-1")
    writing.add(b"one\ntwo\n")
    assert spool.find("job-1") is None
    assert writing.log.part(0, 100).body == b"one\ntwo\n"
    writing.finish({})

    assert writing.log.part(0, 100).body == b"one\ntwo\n"
    assert spool.find("job-1") is not None
    (tmp_path / "logs" / "job-1.log").write_bytes(b"one")
    assert spool.find("job-1") is None
    (tmp_path / "logs" / "job-1.json").write_text("[]")
    assert spool.find("job-1") is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_takes_no_more_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    spool = Spool(tmp_path / "logs", free=0)
    writing = spool.begin("job-1")

    class Full:
        def write(self, _: Any) -> int:
            raise OSError(number, os.strerror(number))

        def close(self) -> None:
            pass

    writing._file.close()
    monkeypatch.setattr(writing, "_file", Full())
    with pytest.raises(SpoolFull, match=os.strerror(number)):
        writing.add(b"x")
    writing.drop()

    assert list((tmp_path / "logs").iterdir()) == []


def test_a_link_in_the_place_of_a_log_is_not_written_through(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "logs", free=0)
    spool.folder.mkdir()
    (tmp_path / "other").write_text("precious")
    (spool.folder / f"job-1.{os.getpid()}.part").symlink_to(tmp_path / "other")

    writing = spool.begin("job-1")
    writing.add(b"x")
    writing.drop()

    assert (tmp_path / "other").read_text() == "precious"
