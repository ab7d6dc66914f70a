"""What becomes of whole files of tests in a diff, what of them is read, and how a place is named."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from tampering_bodies import python
from tampering_table import changed

from otto_bot.core import tampering
from otto_bot.core.patches import ChangedFile, Line
from otto_bot.core.tampering import MOST, MOST_CHARACTERS, MOST_LINES, scan
from otto_bot.core.tampering_hits import LINE, TamperHit, hit, ids

CODE = ("@@", " def test_a():", "     assert a == 1", "-    x", "+    y")
GONE = ("@@", "-def test_a():", "-    assert a == 1")
FILES: dict[str, list[ChangedFile]] = {
    "no code": [changed("tests/notes.md", *GONE)],
    "copied": [changed("tests/test_b.py", *GONE, status="copied", old_path="tests/test_a.py")],
    "source": [changed("src/a.py", *GONE)],
    "source with marks": [changed("src/a.rs", "@@", "-#[test]", "-fn a() {", "-    assert_eq!(a, 1);", "-}")],
    "source outside of tests": [changed("src/a.rs", "@@", "-assert_eq!(a, 1);", "+x", "+#[ignore]")],
    "becomes a test": [changed("tests/test_a.py", *GONE, status="renamed", old_path="src/a.py")],
    "is no test any more": [changed("src/a.py", *GONE, status="renamed", old_path="tests/test_a.py")],
    "disabled": [changed("tests/a.py", *CODE, status="renamed", old_path="tests/test_a.py")],
    "moved": [changed("more/test_a.py", *CODE, status="renamed", old_path="tests/test_a.py")],
    "moved to no code": [changed("tests/test_a.txt", *CODE, status="renamed", old_path="tests/test_a.py")],
    "modified with an old name": [changed("tests/a.py", *CODE, old_path="tests/test_a.py")],
    "a link": [changed("tests/test_a.py", status="type_changed")],
    "binary": [changed("tests/test_a.py", status="binary")],
    "cut": [changed("tests/test_a.py", *CODE).model_copy(update={"cut": True})],
    "new and cut": [changed("tests/test_a.py", status="added").model_copy(update={"cut": True})],
    "source cut": [changed("src/a.rs", *CODE).model_copy(update={"cut": True})],
    "deleted": [changed("tests/test_a.py", *GONE, "-def test_b():", "-    assert b", status="deleted")],
    "deleted, one is elsewhere": [
        changed("tests/test_a.py", *GONE, "-def test_b():", "-    assert b", status="deleted"),
        changed("tests/test_c.py", "@@", "+def test_b():", "+    assert b"),
    ],
    "deleted, all are elsewhere": [
        changed("tests/test_a.py", *GONE, status="deleted"),
        changed("tests/test_c.py", "@@", "+def test_a():", "+    assert a == 1"),
    ],
    "deleted helper": [changed("tests/helper.py", "@@", "-def total():", "-    return 1", status="deleted")],
    "deleted helper that checks": [changed("tests/helper.py", "@@", "-assert total()", status="deleted")],
    "deleted, not shown": [changed("tests/test_a.py", status="deleted")],
    "deleted, cut": [
        changed("tests/test_a.py", "@@", "-x", status="deleted").model_copy(update={"cut": True})
    ],
    "deleted, binary": [
        changed("tests/test_a.py", "@@", "-x", status="deleted").model_copy(update={"binary": True})
    ],
    "deleted source": [changed("src/a.rs", "@@", "-#[test]", "-fn a() {", "-    f();", "-}", status="deleted")],
    "formatted": [changed("tests/test_a.py", "@@", " def test_a():", "-    assert f(1)", "+    assert f( 1 )")],
    "formatted checks are not compared": [
        changed("tests/test_a.py", "@@", " def test_a():", "-    assert f(1)", "+    assert (f(1)", "+    )", "     b",
            "-    assert g == 1",
                "+    assert g")
    ],
    "formatted, in the second hunk": [
        changed("tests/test_a.py", "@@", " x", "-y", "+z", "@@ def test_a():", "-    assert f(1)", "+    assert f( 1 )",
                "     b", "-    assert g(1)")
    ],
    "lines in order": [
        changed("tests/test_a.py", "@@", "+@pytest.mark.skip", " def test_b():", "     assert b", *GONE)
    ],
    "files in order": [
        changed(".github/workflows/ci.yml", "@@", "-  run: make test"), changed("tests/test_a.py", *GONE),
        changed("Makefile", "@@", " test:", "-\tpytest"),
    ],
    "a file of both kinds": [changed("conftest.py", *GONE, status="deleted")],
    "before and after": [
        python(" x\n y\n z\n-def test_a():\n-    assert a", " b\n+pytest.skip()\n c",
            " def test_d():\n-    assert d == 1")
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_becomes_of_a_file_of_tests(name: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(f"{one.path} {one.rule} {one.place} {one.line} {one.why}" for one in scan(FILES[name])) == snapshot


def kept(*patches: tuple[str, str]) -> list[tuple[int, bool]]:
    """(characters left, cut) of files that would hold these."""
    files = [ChangedFile(path=path, patch=text) for path, text in patches]
    return [(len(one.patch), one.cut) for one in tampering._bounded(files)]


def test_what_is_too_much_is_left_unread_and_what_is_small_behind_it_is_read() -> None:
    tall, wide = "\n" * MOST_LINES, "x" * MOST_CHARACTERS
    assert kept(("a", tall)) == [(MOST_LINES, False)]
    assert kept(("a", tall + "\n")) == [(0, True)]
    assert kept(("a", tall), ("b", "\n"), ("c", "x")) == [(MOST_LINES, False), (0, True), (1, False)]
    assert kept(("a", "x\n" + tall[2:]), ("b", "\n"), ("c", "\n")) == [(MOST_LINES, False), (1, False), (0, True)]
    lines = ("x" * 1023 + "\n") * 1024
    assert (len(lines), kept(("a", lines), ("b", "y"))) == (MOST_CHARACTERS, [(MOST_CHARACTERS, False), (0, True)])
    assert kept(("a", lines[1:]), ("b", "y"), ("c", "y")) == [(MOST_CHARACTERS - 1, False), (1, False), (0, True)]
    assert kept(("a", wide + "\n"), ("b", lines[2000:])) == [
        (MOST_CHARACTERS + 1, False),
        (MOST_CHARACTERS - 2000, False),
    ]
    assert kept(("a.txt", tall), ("tests/test_a.py", "\n\n")) == [(0, True), (2, False)]


def test_the_size_of_a_patch_counts_long_lines_as_they_are_cut() -> None:
    wide = "x" * (MOST_CHARACTERS + 1)
    size = tampering._size
    assert [size(""), size("ab\nc\n"), size(wide[1:]), size(wide), size(wide + "\n" + "y" * 7)] == [
        (0, 0), (2, 5), (0, MOST_CHARACTERS), (0, 2000), (1, 2007)
    ]  # fmt: skip
    assert size(wide + "\n" * MOST_LINES) == (MOST_LINES, 2000)
    assert size(wide + "\n" * (MOST_LINES + 1)) == (MOST_LINES + 1, len(wide) + MOST_LINES + 1)


def test_tests_and_configuration_are_read_first_and_new_files_last() -> None:
    rows = [
        ("src/a.py", "modified", None, (True, False)), ("src/a.py", "added", None, (True, True)),
        ("tests/test_a.py", "modified", None, (False, False)), ("tests/test_a.py", "added", None, (False, True)),
        ("src/a.py", "renamed", "tests/test_a.py", (False, False)), ("Makefile", "modified", None, (False, False)),
        ("a.txt", "renamed", "Makefile", (False, False)), ("Makefile", "copied", "a.txt", (True, False)),
    ]  # fmt: skip
    for path, status, old, rank in rows:
        assert tampering._rank(changed(path, "@@", "+x", status=status, old_path=old)) == rank, path


def test_a_line_is_named_once_by_the_rule_that_saw_it_first() -> None:
    def one(rule: str, line: str = "x", **more: int) -> TamperHit:
        return TamperHit(rule=rule, path="a", line=line, why="w", **more)

    hits = [one("a"), one("b"), one("a", ""), one("b", ""), one("a", old_line=1), one("b", old_line=1),
            one("b", new_line=1), one("a", new_line=1), one("b", new_line=2)]  # fmt: skip
    assert [(h.rule, h.line, h.old_line, h.new_line) for h in tampering._once(hits)] == [
        ("a", "x", None, None), ("a", "", None, None), ("b", "", None, None), ("a", "x", 1, None), ("b", "x", None, 1),
        ("b", "x", None, 2),
    ]  # fmt: skip
    assert [h.path for h in tampering._once([one("a"), one("a").model_copy(update={"path": "b"})])] == ["a", "b"]


def test_no_more_than_two_hundred_places_are_named() -> None:
    many = changed("src/a.py", "@@", *(f"+x = {n}  # noqa" for n in range(MOST + 1)))
    assert [len(scan([changed("src/a.py", "@@", *["+x  # noqa"] * n)])) for n in (4, 5)] == [0, 5]
    assert len(scan([many])) == MOST == 200
    assert len(scan([many], 1)) == MOST + 1, "what people said yes to hides nothing behind it"


@pytest.mark.parametrize(
    ("numbers", "place"),
    [((None, None), "a"), ((3, None), "a, line 3 before the change"), ((None, 4), "a, line 4"), ((3, 4), "a, line 4")],
)
def test_a_place_is_told_by_the_new_line(numbers: tuple[int | None, int | None], place: str) -> None:
    assert TamperHit(rule="r", path="a", old_line=numbers[0], new_line=numbers[1], why="w").place == place


def test_the_line_of_a_hit_is_cut_and_its_name_is_made_of_rule_path_and_text() -> None:
    line = Line("-", 3, None, "  " + "x" * (LINE + 9))
    assert hit("r", "p", line, "w") == TamperHit(rule="r", path="p", old_line=3, line="x" * LINE, why="w")
    assert hit("r", "p", None, "w") == TamperHit(rule="r", path="p", why="w")
    same = [hit("r", "p", Line("+", None, n, text), "w") for n, text in ((1, "a (b)"), (9, "a(b)"), (9, "c"))]
    assert ids(same) == ids([same[0], same[0], same[2]])
    assert len(set(ids(same))) == 3
    assert ids(same[:1]) == ("9e266da77ad2ac64",)
