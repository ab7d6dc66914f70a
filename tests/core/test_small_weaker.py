"""Which tests and checks are read out of a diff, and how many of them are compared, to the line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from syrupy.assertion import SnapshotAssertion
from tampering_bodies import lines, python
from tampering_table import changed, patch

from otto_bot.core import tampering_asserts, tampering_pairs
from otto_bot.core.tampering import scan
from otto_bot.core.tampering_asserts import Pool, checks
from otto_bot.core.tampering_cases import sides
from otto_bot.core.tampering_languages import GO, JVM, PHP, PYTHON, RUST, SCRIPT, Language


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" x = 1\n assert a == 1\n y = 2\n assert b", [("assert a == 1", 3, 2), ("assert b", 1, 4)]),
        (" assert f(\n     a,\n ) == 1", [("assert f(\n    a,\n) == 1", 3, 1)]),
        (" assert f(\n-    a,\n+    b,\n ) == 1", [("assert f(\n    a,\n    b,\n) == 1", 3, 2)]),
        (" assert f(\n+    b,\n-    a,\n ) == 1", [("assert f(\n    b,\n    a,\n) == 1", 3, 2)]),
        ("-assert f(\n+    a,\n ) == 1", [("assert f(\n    a,\n) == 1", 3, 1)]),
        (" assert f(\n assert b == 1\n c)", [("assert f(", 1, 1), ("assert b == 1", 3, 2)]),
        (
            " assert f(\n     assert b == 1\n c)",
            [("assert f(\n    assert b == 1\nc)", 3, 1), ("    assert b == 1", 3, 2)],
        ),
        ("   assert f(\n assert b == 1\n c)", [("  assert f(", 1, 1), ("assert b == 1", 3, 2)]),
        (" assert f('(') == 1\n x", [("assert f('(') == 1", 3, 1)]),
        (' assert f("(\\"(", `[`) == 1\n x', [('assert f("(\\"(", `[`) == 1', 3, 1)]),
        (" assert f(')'\n ) == 1", [("assert f(')'\n) == 1", 3, 1)]),
        (" assert [{(\n )}\n ] == 1\n x", [("assert [{(\n)}\n] == 1", 3, 1)]),
        (" assert f)\n x(", [("assert f)", 1, 1)]),
        (" x", []),
    ],
)
def test_a_check_reaches_as_far_as_its_brackets(text: str, found: list[tuple[str, int, int]]) -> None:
    """(text, strength, place in the hunk of its first changed line)"""
    whole = lines(text)
    got = [(one.text, one.strength, whole.index(one.line) + 1) for one in checks(whole)]
    assert got == found


def test_a_check_has_fifteen_lines_at_most() -> None:
    (found,) = checks(lines(" assert f(\n" + "\n".join(f" a{n}" for n in range(20))))
    assert found.text.count("\n") + 1 == 15


def test_a_check_that_is_gained_elsewhere_is_taken_as_often_as_it_moved() -> None:
    _, old, new = sides(python("-def test_a():\n" + "-    assert a == 1\n" * 3 + "+    assert a == 1").patch, PYTHON)
    pool = Pool([(old, new)])
    key = "asserta==1"
    assert [pool.take(key) for _ in range(4)] == [False, False, True, True]


EXACT, PART, TRUE, NOTHING = "assert a == 1", "assert a > 1", "assert a", "assert True"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ([EXACT], [], ["check_removed assert a == 1"]),
        ([EXACT], ["assert b == 1"], []),
        ([EXACT], ["assert a == 2"], []),
        ([EXACT], [PART], ["check_weakened assert a == 1 a part or a property"]),
        ([EXACT], [TRUE], ["check_weakened assert a == 1 something is there"]),
        ([PART], [TRUE], ["check_weakened assert a > 1 something is there"]),
        ([EXACT], [NOTHING], ["check_weakened assert a == 1 always holds"]),
        ([TRUE], [PART], []),
        ([PART, EXACT], ["assert c == 3"], ["check_removed assert a > 1"]),
        ([EXACT, PART], [TRUE], ["check_weakened assert a == 1 something is there", "check_removed assert a > 1"]),
        ([EXACT, EXACT], [EXACT], ["check_removed assert a == 1"]),
        ([EXACT, "assert b == 1"], ["assert b > 1", "assert a > 1", "assert a == 9"],
         ["check_weakened assert b == 1 a part or a property"]),
        (["assert b == 1", EXACT], ["assert c == 9", "assert bb == 8"], []),
        (["with pytest.raises(E, match='x'):"], ["with pytest.raises(E):"],
         ["check_weakened with pytest.raises(E, match='x'): checks a value"]),
        ([EXACT, PART], [TRUE, "assert c > 2"], ["check_weakened assert a == 1 a part or a property",
                                                 "check_weakened assert a > 1 something is there"]),
        (["assert abc == 1", PART], ["assert zzz == 9", "assert abc > 1"], []),
        (["assert abc > 1", EXACT], ["assert abc > 9", "assert abc == 9"], []),
        (["assert abc == 1", "assert xyz"], ["assert xyz > 9", "assert xyz"],
            ["check_weakened assert abc == 1 a part or a property"]),
        (["assert abc", "assert xyz == 1"], ["assert abc == 1"], ["check_removed assert abc"]),
        ([EXACT] * 3, [EXACT], ["check_removed assert a == 1"] * 2),
        ([EXACT], ["import pytest.raises"], ["check_removed assert a == 1"]),
        ([NOTHING], [], []), ([NOTHING], ["assert 1"], []), ([], [NOTHING], ["check_empty assert True always holds"]),
        ([NOTHING], ["assert 1", "assert not False"], ["check_empty assert not False always holds"]),
        ([NOTHING, EXACT], [EXACT, NOTHING, NOTHING], ["check_empty assert True always holds"]),
    ],
)  # fmt: skip
def test_each_old_check_has_one_as_strong_in_its_place(old: list[str], new: list[str], found: list[str]) -> None:
    body = ["@@", " def test_a():", *(f"-    {one}" for one in old), "     x = 1", *(f"+    {one}" for one in new)]
    hits = scan([changed("tests/test_a.py", *body)])
    ends = ("a part or a property", "something is there", "always holds", "a value")
    said = [(f"{one.rule} {one.line}", next((end for end in ends if one.why.endswith(end)), "")) for one in hits]
    words = {"a value": "checks a value", "always holds": "always holds"}
    assert [" ".join((first, words.get(end, end))).strip() for first, end in said] == found


def test_no_more_than_three_hundred_checks_of_a_test_are_compared() -> None:
    def count(old: int, new: int) -> int:
        body = ["@@", " def test_a():", *(f"-    assert a == {n}" for n in range(old)), "     x = 1"]
        return len([*scan([changed("tests/test_a.py", *body, *(f"+    assert b{n} in c" for n in range(new)))])])

    assert tampering_asserts._COMPARED == 300
    assert [count(2, 1), count(150, 2)] == [2, 150]


def test_the_checks_of_one_test_that_are_too_many_are_cut() -> None:
    old = lines("-def test_a():\n" + "\n".join(f"-    assert a{n} == {n}" for n in range(302)))
    new = lines("+def test_a():\n" + "\n".join(f"+    assert b{n}" for n in range(299)))
    _, before, after = sides(patch(["@@", *("-" + one.text for one in old), *("+" + one.text for one in new)]), PYTHON)
    pair = tampering_pairs.Pair("p", before.cases[1], after.cases[1])
    pool = Pool([(before, after)])
    hits = list(tampering_asserts.weaker_checks(pair, pool, frozenset(), "p"))
    assert [sum(1 for one in hits if one.rule == rule) for rule in ("check_weakened", "check_removed")] == [299, 1]


CASES: list[tuple[str, Language, Sequence[str]]] = [
    ("two tests", PYTHON, ["@@", " import x", " def test_a():", "     a = 1", "-    b", "+    c", "", " def test_b():",
                           "     d", " e"]),
    ("a section", PYTHON, ["@@ def test_a():", "     a", "-    b", " def test_b():", "     c"]),
    ("a section of a class", PYTHON, ["@@ class A:", "     a", "     def test_b(self):", "         c", "     d"]),
    ("a section that needs a mark", JVM, ["@@ void adds() {", "     a();", "     @Test", "     void b() {", "   c();",
                                          "     }"]),
    ("marks", PYTHON, ["@@", " @a", "+@b(", "+    c,", "+)", " def test_a():", "     d", " @e", " f"]),
    ("marks left over", PYTHON, ["@@", " def test_a():", "     d", " @e", "-@f"]),
    ("marks that are closed", PYTHON, ["@@", " @a([", " 1", " ])", " )", " def test_a():", "     d"]),
    ("marks that are closed in part", PYTHON, ["@@", " @a((]", " )", " def test_a():", "     d"]),
    ("marks that are closed already", PYTHON, ["@@", " @a()", " )", " def test_a():", "     d"]),
    ("marks with brackets inside", PYTHON, ["@@", " @a([1)", " ]", " def test_a():", "     d"]),
    ("a mark goes on", PYTHON, ["@@", " @a(1,", "    b", " def test_a():", "     d"]),
    ("comments and blanks", PYTHON, ["@@", " def test_a():", "     # x", "", "     y", " # def test_c():"]),
    ("a mark of many lines", PYTHON, ["@@", " @b(", "         c,", "     d,", " )", " def test_a():", "     e"]),
    ("to the left of all", PYTHON, ["@@", "         a", "     def test_a():", "         b", " c", " d"]),
    ("a closer", PYTHON, ["@@", " def test_a():", "     f(", " )", "     more", ' """', "     still", " out",
        "     z"]),
    ("ends", PHP, ["@@", " function testA() {", "     a();", " }", "     still();", " other();"]),
    ("inner", SCRIPT, ["@@", " describe('x', () => {", "   it('a', () => {", "     f();", "   });",
        "   it('b', () => {",
                       "     it('c', () => {", "       g();", "     });", "     h();", "   });", " });"]),
    ("names", SCRIPT, ["@@", " it('a  b', f);", " it('', g);", ' test.each([1])("c", h);']),
    ("go", GO, ["@@ func TestX(t *testing.T) {", '     t.Run("a", func() {', "         f()", "     })", "     g()",
                " }", " func TestY(t *testing.T) {", "     h()", " }"]),
    ("rust", RUST, ["@@", " #[test]", " #[ignore]", " fn a() {", "     f();", " }", " fn helper() {", "     g();",
        " }"]),
    ("java", JVM, ["@@", " @Test void a() {", "     f();", " }", " @Test", " void b() { g(); }", " void c() {",
        "  h();",
                   " }", " run(@Test x)"]),
    ("two hunks", PYTHON, ["@@ def test_a():", "     a", "@@ def test_a():", "     b", "@@", " def test_a():",
        "     c"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "language", "body"), CASES, ids=[one[0] for one in CASES])
def test_where_tests_begin_and_end(
    name: str, language: Language, body: Sequence[str], snapshot: SnapshotAssertion
) -> None:
    parts, old, new = sides(patch(list(body)), language)
    rows = [f"{len(parts)} hunks"]
    for sign, side in (("-", old), ("+", new)):
        for case in side.cases:
            start = case.start and case.start.text
            marks, own = [line.text for line in case.marks], [line.text for line in case.lines]
            rows.append(f"{sign} {case.name!r} {start!r} {case.hunk} {case.indent} {marks} {own}")
        rows.append(f"{[case.name for case in side.named()]} {len(side.owner())}")
    assert "\n".join(rows) == snapshot
