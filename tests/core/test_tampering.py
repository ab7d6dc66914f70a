"""Weakened tests are seen and innocent look-alikes are not: a labelled table, and properties of any diff."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tampering_table import Labelled, changed, patch, table

from otto_bot.core.patches import ChangedFile, hunks
from otto_bot.core.tampering import MOST, MOST_CHARACTERS, MOST_LINES, scan
from otto_bot.core.tampering_hits import LINE, ids

TABLE = table()
DOCS = Path(__file__).parents[2] / "docs" / "tampering.md"


@pytest.mark.parametrize("one", TABLE, ids=[one.name for one in TABLE])
def test_a_labelled_diff(one: Labelled) -> None:
    found = {hit.rule for hit in scan(one.files)}
    assert found == set() if one.rule is None else one.rule in found


def test_the_table_is_what_the_docs_count() -> None:
    weaker = [one for one in TABLE if one.rule is not None]
    assert len({one.name for one in TABLE}) == len(TABLE)
    assert len(TABLE) - len(weaker) >= 40
    counted = re.search(r"(\d+) changes that weaken checks and (\d+) innocent", DOCS.read_text())
    assert counted is not None
    assert (int(counted[1]), int(counted[2])) == (len(weaker), len(TABLE) - len(weaker))


def test_each_rule_stands_in_the_docs_and_in_the_table() -> None:
    source = "".join(file.read_text() for file in Path("otto_bot/core").glob("tampering*.py"))
    rules = set(re.findall(r"\"((?:test|check|checks|ci|lint|threshold|failure|case|not|tests)_[a-z_]+)\"", source))
    rules &= set(re.findall(r"\| `([a-z_]+)` \|", DOCS.read_text())) | {one.rule for one in TABLE if one.rule}
    named = set(re.findall(r"^\| `([a-z_]+)` \|", DOCS.read_text(), re.MULTILINE))
    assert {one.rule for one in TABLE if one.rule} <= named
    assert rules == named


def test_a_hit_names_line_and_text() -> None:
    (hit,) = scan([changed("tests/test_a.py", "@@", " def test_a():", "-    assert a() == 1", "+    a()")])
    assert (hit.rule, hit.path, hit.old_line, hit.new_line) == ("check_removed", "tests/test_a.py", 2, None)
    assert hit.line == "assert a() == 1"
    assert hit.place == "tests/test_a.py, line 2 before the change"


NAMES = st.sampled_from(
    ["tests/test_new.py", "src/new.test.ts", "pkg/new_test.go", "spec/new_spec.rb", "src/test/java/NewTest.java",
     "tests/NewTest.php", "test/new.bats", "tests/new.rs", "Shop.Tests/NewTests.cs"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["@pytest.mark.skip", "def test_a():", "    assert True", "it.only('a', f)", "t.Skip()", "# noqa", "", "    return",
     "/* eslint-disable */", "fail_under = 1", "|| true", "except:", "pending", "#[ignore]", "@Disabled",
     "pytest --deselect a"]
)  # fmt: skip
ODD = st.text(max_size=40) | WORDS


@given(st.lists(st.tuples(NAMES, st.lists(ODD, max_size=8)), max_size=3, unique_by=lambda one: one[0]))
def test_whole_new_test_files_never_hit(files: list[tuple[str, list[str]]]) -> None:
    made = [
        changed(path, "@@", *(f"+{line}" for text in lines for line in re.split(r"\n", text)), status="added")
        for path, lines in files
    ]
    assert scan(made) == ()


ANY = st.builds(
    ChangedFile,
    path=NAMES | st.text(max_size=30) | st.sampled_from(["pyproject.toml", "Makefile", ".gitlab-ci.yml", "ruff.toml"]),
    status=st.sampled_from(["added", "deleted", "modified", "renamed", "copied", "type_changed"]),
    old_path=st.none() | NAMES,
    patch=st.text(max_size=200)
    | st.lists(st.tuples(st.sampled_from("+- "), ODD), max_size=12).map(
        lambda lines: patch(["@@", *(f"{sign}{text.replace(chr(10), ' ')}" for sign, text in lines)])
    ),
    binary=st.booleans(),
    cut=st.booleans(),
)  # fmt: skip


@given(st.lists(ANY, max_size=4))
def test_any_diff_is_answered_and_always_the_same(files: list[ChangedFile]) -> None:
    found = scan(files)
    assert found == scan(files)
    assert len(found) <= MOST
    assert len(set(ids(found))) == len(found)
    assert all(len(hit.line) <= LINE and hit.why for hit in found)


@given(st.lists(st.tuples(st.sampled_from("+- "), st.text(max_size=20)), max_size=20))
def test_every_line_of_a_hunk_is_read_once(lines: list[tuple[str, str]]) -> None:
    clean = [(sign, text.replace("\n", "").rstrip("\r")) for sign, text in lines]
    (hunk,) = hunks(patch(["@@", *(sign + text for sign, text in clean)])) if clean else (None,)
    if hunk is not None:
        assert [(line.sign, line.text) for line in hunk.lines] == clean


def test_a_removed_line_may_look_like_a_header() -> None:
    text = "@@ -1,3 +1,1 @@\n--- a/tests/test_a.py\n-@@ -1 +1 @@\n def test_a():\n"
    assert [line.text for line in hunks(text)[0].lines] == ["-- a/tests/test_a.py", "@@ -1 +1 @@", "def test_a():"]


def test_ids_hold_on_when_lines_move_only() -> None:
    one = scan([changed("tests/test_a.py", "@@", " def test_a():", "-    assert a() == 1", "+    a()")])
    far = scan(
        [changed("tests/test_a.py", "@@", " import a", " ", " def test_a():", "-    assert a() == 1", "+    a()")]
    )
    assert ids(one) == ids(far)
    assert one[0].old_line != far[0].old_line


def test_what_is_too_much_to_read_needs_a_person() -> None:
    huge = changed("tests/test_a.py", "@@", *["-x"] * (MOST_LINES + 1))
    assert [hit.rule for hit in scan([huge])] == ["not_readable"]


def test_a_file_that_is_too_much_hides_no_other_one() -> None:
    huge = changed("tests/test_a.py", "@@", *["-x"] * (MOST_LINES + 1))
    wide = changed("tests/test_b.py", "@@", *["-" + "x" * 1500] * (MOST_CHARACTERS // 1500 + 1))
    small = changed("tests/test_c.py", "@@", " def test_c():", "-    assert c() == 1", "+    c()")
    found = [(hit.path, hit.rule) for hit in scan([huge, wide, small])]
    assert found == [
        ("tests/test_a.py", "not_readable"),
        ("tests/test_b.py", "not_readable"),
        ("tests/test_c.py", "check_removed"),
    ]


def test_one_line_of_megabytes_is_read_as_far_as_it_is_looked_at() -> None:
    wide = "x" * (MOST_CHARACTERS + 1)
    file = changed("a.test.js", "@@", " it('a', () => {", "-  expect(a()).toBe(1)", f"-  {wide}", f"+  {wide}", " })")
    assert [hit.rule for hit in scan([file])] == ["check_removed"]


def test_a_usual_difference_is_scanned_at_once() -> None:
    body = [
        line
        for n in range(250)
        for line in (f" def test_{n}():", f"-    one = f({n})", f"+    one = g({n})", " ", f"-    assert one == {n}",
                     f"+    assert one == {n}, 'no'", " ", "     # nothing more")
    ]  # fmt: skip
    files = [changed("tests/test_a.py", "@@", *body)]
    assert len(body) == 2_000
    begun = time.process_time()
    assert scan(files) == ()
    assert time.process_time() - begun < 1  # about 0.1 s on a machine that is not busy


WORST = [
    ("tests/test_a.py", "    assert f({n}) == {n}", "    assert g({n}) is not None"),
    ("a.test.js", "it('a {n}', () => expect(f({n})).toBe({n}))", "it('b {n}', () => expect(g({n})).toBe({n}))"),
    ("Makefile", "\tpytest a{n}", "\tpytest b{n}"),
    ("ruff.toml", 'ignore = ["E{n}"]', 'ignore = ["F{n}"]'),
    ("tests/A.java", "a " * 250, "b " * 250),
    ("tests/test_a.py", "assert (" * 60, "(assert " * 60),
    ("tests/test_a.py", "    assert {n} " + "raises(" * 60, "    assert a{n} " + "raises(" * 60),
    ("tests/ATests.cs", "[a] " * 300, "a<b " * 300),
    ("a.test.js", "it.runIf(" * 200, "it('" * 400),
    ("pom.xml", "<a " * 600, "<skipTests>" * 180),
    ("tests/test_a.py", "    if a: # " * 190, "    except Exception " * 100),
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "old", "new"), WORST[:6])
def test_ten_megabytes_take_bounded_time(path: str, old: str, new: str) -> None:
    each = 5_000_000 // (len(old) + 4)
    body = [f"-{old.format(n=n)}" for n in range(each)] + [f"+{new.format(n=n)}" for n in range(each)]
    begun = time.process_time()
    scan([changed(path, "@@", " def test_a():", *body), changed(f"other/{path}", "@@", *body[:9000], *body[-9000:])])
    assert time.process_time() - begun < 10


@pytest.mark.slow
@pytest.mark.parametrize(("path", "old", "new"), WORST)
def test_as_much_as_is_read_at_all_takes_bounded_time(path: str, old: str, new: str) -> None:
    each = min(MOST_CHARACTERS // 2 // (len(old) + len(new) + 8), MOST_LINES // 4 - 10)
    body = [f"-{old.format(n=n)}" for n in range(each)] + [f"+{new.format(n=n)}" for n in range(each)]
    files = [changed(where, "@@", " def test_a():", *body) for where in (path, f"other/{path}")]
    begun = time.process_time()
    assert not any(hit.rule == "not_readable" for hit in scan(files))
    assert time.process_time() - begun < 10
