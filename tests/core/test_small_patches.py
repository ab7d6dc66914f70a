"""Hunks of patches to the line, and what is shown and kept of a place that a person accepts."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest

from otto_bot.core.acceptance import NOTHING_TO_ACCEPT, SHOWN, new_hits, taken, tampering
from otto_bot.core.attempt import Accepted, TaskState
from otto_bot.core.patches import LONGEST_LINE, Line, hunks, reformatted, squeezed
from otto_bot.core.tampering_hits import TamperHit, ids


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ("", []),
        ("@@ -1 +1 @@\n-a\n+b\n c", [("", "-1~ a|+~1 b")]),
        ("@@ -3,2 +5,2 @@ def f():\n a\n-b\n+c", [("def f():", " 35 a|-4~ b|+~6 c")]),
        ("x\n@@ -1,0 +1,2 @@  s \n+a\n+b\n+c", [("s", "+~1 a|+~2 b")]),
        ("@@ -1,2 +1,2 @@\n a\n@@ -7 +8 @@\n b", [("", " 11 a"), ("", " 78 b")]),
        ("@@ -1,2 +1,2 @@\n@not\n a\n\n", [("", " 11 a| 22 ")]),
        ("@@ -1,3 +0,0 @@\n--- x\n-+++ y\n-@@ -1 +1 @@", [("", "-1~ -- x|-2~ +++ y|-3~ @@ -1 +1 @@")]),
        ("@@ -1 +1 @@\n-a\r\n\\ No newline\n+b\r", [("", "-1~ a|+~1 b")]),
        ("@@ -1,0 +1,0 @@\n a\n@@ -1,2 +1 @@\n-a", [("", ""), ("", "-1~ a")]),
    ],
)
def test_hunks_are_as_long_as_they_say(patch: str, found: list[tuple[str, str]]) -> None:
    """(section, lines as sign, old and new number, text; ~ = it does not stand there)"""
    got = [
        (hunk.section, "|".join(f"{one.sign}{one.old or '~'}{one.new or '~'} {one.text}" for one in hunk.lines))
        for hunk in hunks(patch)
    ]
    assert got == found


def test_long_lines_are_cut_and_indents_counted() -> None:
    (hunk,) = hunks("@@ -1 +1 @@\n+" + "x" * (LONGEST_LINE + 1) + "\n-y")
    assert [len(one.text) for one in hunk.lines] == [LONGEST_LINE, 1]
    indents = {"": 0, "a ": 0, "  a": 2, "\ta": 4, " \t a": 6, "  ": 2}
    assert {text: Line("+", None, 1, text).indent for text in indents} == indents


def test_sides_and_blocks_of_a_hunk() -> None:
    (hunk,) = hunks("@@ -1,6 +1,5 @@\n a\n-b\n+c\n-d\n e\n f\n+g\n-h\n")
    assert ["".join(one.text for one in hunk.side(sign)) for sign in "-+"] == ["abdefh", "acefg"]
    assert [["".join(one.text for one in side) for side in block] for block in hunk.blocks()] == [
        ["bd", "c"],
        ["h", "g"],
    ]
    (only,) = hunks("@@ -1,2 +1 @@\n-a\n b\n")
    assert [[len(side) for side in block] for block in only.blocks()] == [[1, 0]]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [("a('b', c,)", 'a("b",c)', True), ("[a, ]", "[a]", True), ("a b", "ab", True), ("a", "b", False),
     ("`a`", "'a'", True),     ("a,", "a", True), ("a,b", "ab", False)],
)  # fmt: skip
def test_what_only_formats(old: str, new: str, same: bool) -> None:
    before, after = (Line("-", 1, None, old),), (Line("+", None, 1, new),)
    assert (squeezed(old) == squeezed(new)) is same
    assert reformatted(before, after) is same
    assert [reformatted(before, ()), reformatted((), after)] == [False, False]


def place(number: int = 1, **changes: Any) -> TamperHit:
    given = {"rule": "r", "path": "a", "new_line": number, "line": f"line {number}", "why": "w"}
    return TamperHit.model_validate({**given, **changes})


def test_a_failure_shows_the_first_places_and_counts_the_rest() -> None:
    rows = [place(3, old_line=2), place(4), place(0, new_line=None, old_line=5), place(0, new_line=None, line="")]
    failure = tampering("t1", 2, "sha", rows)
    assert [(one.text, one.first_line, one.last_line) for one in failure.excerpts] == [
        ("w\n  line 3", 3, 3), ("w\n+ line 4", 4, 4), ("w\n- line 0", 5, 5), ("w", None, None)
    ]  # fmt: skip
    details = {
        n: tampering("t1", 1, "s", [place(k, path=f"p{k % files}") for k in range(n)]).detail
        for n, files in ((1, 1), (2, 1), (SHOWN, 2), (SHOWN + 1, SHOWN + 1))
    }
    words = "where the checks prove less than before"
    assert details == {
        1: f"1 place in 1 file {words}", 2: f"2 places in 1 file {words}", SHOWN: f"{SHOWN} places in 2 files {words}",
        SHOWN + 1: f"{SHOWN + 1} places in {SHOWN + 1} files {words}; the first {SHOWN} are shown",
    }  # fmt: skip
    many = tampering("t1", 1, "s", [place(k, path=f"p{k}") for k in range(SHOWN + 1)])
    assert (len(many.excerpts), len(many.suspected_files), len(many.hits), many.more) == (SHOWN, SHOWN, SHOWN, 1)
    back = tampering("t1", 1, "s", [*reversed([place(k, path=f"p{k}") for k in range(SHOWN + 1)])])
    assert back.fingerprint == many.fingerprint


def test_what_a_person_accepted_is_held_no_more() -> None:
    run = b.fold(b.executing(b.plan("t1", "t2")), *b.to_verified("t1"))
    task, hits = run.task("t1"), (place(1), place(2, line="x" * 400))
    held = tampering("t1", 1, "sha", hits)

    def failed(failure: Any) -> Any:
        last = task.attempts[-1].model_copy(update={"failure": failure})
        return taken(task.model_copy(update={"attempts": (last,)}), "anna")

    done = failed(held)
    assert (done.state, done.question, done.attempts[-1].failure) == (TaskState.JUDGING, "", None)
    (said,) = done.accepted
    assert said == Accepted(by="anna", attempt=1, sha=task.attempts[-1].sha or "", hits=ids(hits), lines=said.lines)
    assert (said.lines[0], len(said.lines[1])) == ("a · line 1: + line 1", 300)
    for failure in (None, b.failure("t1"), held.model_copy(update={"hits": ()})):
        assert (failed(failure).state, failed(failure).question) == (TaskState.ASKED, NOTHING_TO_ACCEPT)
    accepted = run.with_task(done)
    assert [new_hits(one, (*hits, place(3))) for one in (run, accepted)] == [(*hits, place(3)), (place(3),)]
