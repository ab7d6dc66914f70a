"""What is read out of a diff of tests, and compared: tests, checks, pairs, switches, to the line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from syrupy.assertion import SnapshotAssertion
from tampering_table import changed, patch

from otto_bot.core import tampering, tampering_asserts, tampering_pairs
from otto_bot.core.patches import ChangedFile, Line, hunks
from otto_bot.core.tampering import MOST, MOST_CHARACTERS, MOST_LINES, scan
from otto_bot.core.tampering_asserts import Pool, checks
from otto_bot.core.tampering_cases import Side, sides
from otto_bot.core.tampering_hits import LINE, TamperHit, hit, ids
from otto_bot.core.tampering_languages import GO, JVM, PHP, PYTHON, RUST, SCRIPT, Language
from otto_bot.core.tampering_pairs import paired


def lines(text: str) -> tuple[Line, ...]:
    (hunk,) = hunks(patch(["@@", *text.split("\n")]))
    return hunk.lines


def python(*bodies: str, path: str = "tests/test_a.py") -> ChangedFile:
    return changed(path, *(line for body in bodies for line in ("@@", *body.split("\n"))))


def told(*files: ChangedFile) -> list[str]:
    return [f"{one.rule} {one.old_line} {one.new_line} {one.line}" for one in scan(files)]


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


A = "assert f('alpha', beta, gamma) == delta"
PAIRS: dict[str, list[ChangedFile]] = {
    "same name": [python("-def test_a():\n-    x\n+def test_a():\n+    y")],
    "twice the same name": [
        python("-def test_a():\n-    x\n-def test_a():\n-    z\n+def test_a():\n+    y\n+def test_a():\n+    w")
    ],
    "one of two of a name is gone": [python("-def test_a():\n-    x\n-def test_a():\n-    z\n+def test_a():\n+    y")],
    "renamed": [python(f"-def test_a():\n-    {A}\n+def test_b():\n+    {A}")],
    "renamed with little else": [python("-def test_a():\n-    q == r\n+def test_b():\n+    s == t")],
    "renamed around what stays": [python("-def test_a():\n+def test_b():\n     stays\n-    q\n+    r")],
    "moved": [python(f"-def test_a():\n-    {A}"), python(f"+def test_a():\n+    {A}", path="tests/test_b.py")],
    "moved, and in both": [
        python("-def test_a():\n-    x"),
        python("+def test_a():\n+    y", path="tests/test_b.py"),
        python("+def test_a():\n+    z", path="tests/test_c.py"),
    ],
    "moved and renamed": [
        python(f"-def test_a():\n-    {A}"),
        python(f"+def test_b():\n+    {A}", path="tests/test_b.py"),
        python(f"+def test_c():\n+    {A}\n+    more", path="tests/test_c.py"),
    ],
    "the own file first": [
        python(f"+def test_b():\n+    {A}", path="tests/test_b.py"),
        python(f"-def test_a():\n-    {A}\n+def test_c():\n+    {A}"),
    ],
    "two into one": [
        python(f"-def test_a():\n-    {A}\n-    one\n-def test_b():\n-    {A}\n-    two",
               f"+def test_c():\n+    {A}\n+    one")
    ],
    "two into a table": [
        python(f"-def test_a():\n-    {A}\n-def test_b():\n-    {A}",
               f"+@pytest.mark.parametrize('a', b)\n+def test_c(a):\n+    {A}")
    ],
    "seven of ten": [
        python("-def test_a():\n-    q1 q2 q3 q4 q5 q6 q7 q8 q9 q0\n+def test_b():\n+    q1 q2 q3 q4 q5 q6 q7 x")
    ],
    "six of ten": [python("-def test_a():\n-    q1 q2 q3 q4 q5 q6 q7 q8 q9 q0\n+def test_b():\n"
                          "+    q1 q2 q3 q4 q5 q6")],
    "empty ones": [python("-def test_a():\n-    assert True\n+def test_b():\n+    assert True")],
    "outside": [python("-x = 1\n+x = 2")],
    "outside, gone": [python("-x = 1"), python(" y", "-x = 1\n+z = 2", path="tests/test_b.py")],
    "a file is new": [changed("tests/test_n.py", "@@", "+def test_a():", "+    x", status="added")],
    "a file is gone": [changed("tests/test_n.py", "@@", "-x", "-def test_a():", "-    x", status="deleted")],
    "nothing alike is in other files": [
        python("-def test_a():\n-    x1 = x2"), python("+def test_b():\n+    y1 = y2\n     stays",
            path="tests/test_b.py")
    ],
    "what stays stands outside of tests": [
        python("-def test_a():\n     stays\n-    x1 = x2"), python("+def test_b():\n+    y1 = y2",
            path="tests/test_b.py")
    ],
    "deleted and made anew": [
        python("+def test_a():\n+    x", path="tests/test_b.py"),
        changed("tests/test_a.py", "@@", "-def test_a():", "-    x", status="deleted"),
        changed("tests/test_a.py", "@@", "+def test_a():", "+    y", status="added"),
        python("-def test_a():\n-    z", path="tests/test_c.py"),
    ],
    "nothing is free": [python("-def test_a():\n-    x1 = x2")],
    "not shown in a deleted one": [changed("tests/test_n.py", "@@ def test_a():", "-    x", status="deleted")],
    "the better of two": [
        python("-def test_a():\n-    q1 q2 q3 q4 q5 q6 q7 q8 q9 q0"),
        python("+def test_b():\n+    q1 q2 q3 q4 q5 q6 q7 q8 z\n+def test_c():\n+    q1 q2 q3 q4 q5 q6 q7 q8 q9 z",
            path="t/test_x.py"),
    ],
    "the name is no word of it": [python("-def test_a(): test_a x\n+def test_b(): test_b y")],
    "words of its first line": [python("-def test_a(x1, x2): pass\n+def test_b(x1, x2): pass")],
    "three of a name, one is taken": [
        python("-def test_a():\n-    x"),
        python("-def test_a():\n-    z1 = z2\n-def test_q():\n-    z1 = z2", path="tests/test_b.py"),
        python("+def test_a():\n+    y\n+def test_a():\n+    z1 = z2", path="tests/test_c.py"),
    ],
    "goes on twice": [changed("tests/test_n.py", "@@", " def test_a():", "-    x", " def test_a():", "-    u",
        "@@ def test_a():", "-    y")],
    "goes on": [changed("tests/test_n.py", "@@", " def test_a():", "-    x", "@@ def test_a():", "-    y", "+    z")],
    "not shown": [changed("tests/test_n.py", "@@ def test_a():", "     x", "-def test_b():", "+y = 1")],
    "not shown any more": [changed("tests/test_n.py", "@@ def test_a():", "-    x", "-def test_b():", "-    y")],
    "the earlier of two alike": [
        python(f"-def test_a():\n-    {A}"), python(f"+def test_b():\n+    {A}\n+def test_c():\n+    {A}",
            path="t/test_x.py")
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_which_old_test_is_which_new_one(name: str, snapshot: SnapshotAssertion) -> None:
    texts = []
    for file in PAIRS[name]:
        _, old, new = sides(file.patch, PYTHON)
        texts.append((file, old, new))
    pairs, gone = paired(texts)
    rows = [
        f"{path}: {one.path} {one.old.name!r} {[line.text for line in one.old.whole]} -> "
        f"{one.new.name!r} {[line.text for line in one.new.whole]}"
        for path, some in pairs.items()
        for one in some
    ]
    rows += [f"{path}: {case.name!r} is gone" for path, some in gone.items() for case in some]
    assert "\n".join(rows) == snapshot


def test_many_tests_are_matched_by_name_alone() -> None:
    most = tampering_pairs.COMPARED
    lost = [("a", case) for case in _side(most + 2, "-").cases if case.name]
    fresh = [("b", case) for case in _side(most + 2, "+").cases if case.name][1:]
    got = list(tampering_pairs._matched(lost, fresh))
    assert [match and match[1].name for _, _, match in got] == [
        None, *(f"test_new_{n}" for n in range(1, most)), None, None
    ]  # fmt: skip


def _side(many: int, sign: str) -> Side:
    word = {"-": "old", "+": "new"}[sign]
    body = [line for n in range(many) for line in (f"{sign}def test_{word}_{n}():", f"{sign}    w{n}")]
    _, old, new = sides(patch(["@@", *body]), PYTHON)
    return old if sign == "-" else new


SWITCHES: dict[str, list[ChangedFile]] = {
    "skip": [python("+@pytest.mark.skip\n def test_a():\n     assert a == 1")],
    "skip changed": [python("-@pytest.mark.skip('a')\n+@pytest.mark.skip('b')\n def test_a():\n     assert a == 1")],
    "skip kept, one more": [
        python("-@pytest.mark.skip\n+@pytest.mark.skip \n+@pytest.mark.xfail\n+x = 1\n def test_a():\n"
               "     assert a == 1")
    ],
    "two skips for two": [
        python("-@skip('a')\n-@skip('b')\n+@skip('c')\n+y\n+@skip('b')\n+@skip('d')\n def test_a():\n"
               "     assert a == 1")
    ],
    "the same three times": [
        python("-@skip('a')\n-@skip('a')\n-@skip('b')\n+@skip('a')\n+@skip('a')\n+@skip('c')\n+@skip('d')\n"
               " def test_a():\n     assert a == 1")
    ],
    "the same more often": [
        python("-@skip('a')\n-@skip('b')\n+@skip('a')\n+@skip('a')\n+@skip('a')\n def test_a():\n     assert a == 1")
    ],
    "others before the same": [
        python("-@skip('a')\n-@skip('b')\n+@skip('c')\n+@skip('d')\n+@skip('a')\n def test_a():\n     assert a == 1")
    ],
    "plain lines first": [python(" def test_a():\n+    x = 1\n+    pytest.skip()\n     assert a == 1")],
    "module": [python("+pytest.skip('x', allow_module_level=True)\n def test_a():\n     assert a == 1")],
    "return": [python(" def test_a():\n+    return\n     assert a == 1")],
    "return at the end": [python(" def test_a():\n     assert a == 1\n+    return")],
    "return kept": [python(" def test_a():\n     return\n+    x\n     assert a == 1")],
    "return deeper": [python(" def test_a():\n     for a in b:\n+        return\n     assert a == 1")],
    "return in an if": [python(" def test_a():\n+    if x:\n+        return\n     assert a == 1")],
    "return in an old if": [python(" def test_a():\n     if x:\n+        return\n     assert a == 1")],
    "return after another line": [python(" def test_a():\n     if x:\n+        y\n+        return\n"
                                         "     assert a == 1")],
    "return in an if of Java": [
        changed("src/test/java/ATest.java", "@@", " @Test", " void a() {", "+  if (x) {", "+    return;", "+  }",
                "   assertEquals(1, b);", " }")
    ],
    "exit": [python(" def test_a():\n+    sys.exit(0)\n     assert a == 1")],
    "exit kept": [python(" def test_a():\n     sys.exit(0)\n+    x\n     assert a == 1")],
    "exit outside": [python("+sys.exit(0)\n def test_a():\n     assert a == 1")],
    "swallowed": [python(" def test_a():\n     try:\n         assert a == 1\n+    except Exception:\n+        pass")],
    "swallowed before": [
        python(" def test_a():\n     try:\n         assert a == 1\n-    except Exception:\n+    except Exception :\n"
               "         pass")
    ],
    "swallowed twice": [
        python(" def test_a():\n     assert a == 1\n-    except Exception:\n+    except  Exception:\n+    b\n"
               "+    except Exception:")
    ],
    "swallowed as before, then more": [
        python(" def test_a():\n-    except A:\n-    except  Exception:\n-    except Exception:\n     assert a == 1\n"
               "+    except Exception :\n+    except Exception  :\n+    except (Exception):\n+    x")
    ],
    "conditional": [python(" def test_a():\n-    assert a == 1\n+    if x:\n+        assert a == 1")],
    "conditional, new check": [python(" def test_a():\n-    x = 1\n+    if x:\n+        assert a == 1")],
    "conditional before": [python(" def test_a():\n-        assert a == 1\n     b\n+    if x:\n"
                                  "+        assert a == 1")],
    "conditional ends": [python(" def test_a():\n-    assert a == 1\n+    if x:\n+        y\n     z\n"
                                "+    assert a == 1")],
    "conditional ends at once": [python(" def test_a():\n-   assert a == 1\n+   if x:\n+       y\n+   b\n"
                                        "+       assert a == 1")],
    "conditional kept": [python(" def test_a():\n-    assert a == 1\n     if x:\n+        assert a == 1")],
    "conditional deeper": [
        python(" def test_a():\n-    assert a == 1\n-    assert b == 2\n+    if x:\n+        assert a == 1\n"
               "+        assert b == 2")
    ],
    "alone": [changed("a.test.js", "@@", " it('a', () => {", "   expect(a).toBe(1);", " });", "+it.only('b', () => {",
                      "+  expect(a).toBe(1);", "+});")],
    "alone, skipped": [changed("a.test.js", "@@", " it('a', () => {", "   expect(a).toBe(1);", " });",
                               "+it.skip('b', () => {", "+  expect(a).toBe(1);", "+});")],
    "alone in a new file": [changed("a.test.js", "@@", "+it.only('b', () => {", "+  f();", "+});", status="added")],
    "alone before": [changed("a.test.js", "@@", "-it('b', () => {", "+it.only('b', () => {", "   f();", " });")],
    "emptied": [python(" def test_a():\n-    f()\n-    g()\n+    pass")],
    "emptied before": [python(" def test_a():\n-    pass\n+    ...")],
    "emptied, something left": [python(" def test_a():\n-    f()\n+    pass\n     g()")],
    "emptied, not shown": [changed("tests/test_a.py", "@@ def test_a():", "-    f()", "+    pass")],
    "emptied, only before shown": [
        changed("tests/test_a.py", "@@", "-def test_a():", "-    f()", "-    g()", "@@ def test_a():", "     pass")
    ],
    "emptied into one line": [
        changed("a.test.js", "@@", "-it('a', () => {", "-  f();", "-});", "+it('a', () => expect(f()).toBe(1));")
    ],
    "emptied into one line of nothing": [
        changed("a.test.js", "@@", "-it('a', () => {", "-  f();", "-});", "+it('a', () => {});")
    ],
    "emptied, a check in its head": [
        changed("a.test.js", "@@", "-it('a', () => {", "-  f();", "-});", "+it('a', () => expect(f()).toBe(1)", "+);")
    ],
    "rows": [
        python("-    (1, 2),\n-    (3, 4),\n+    (5, 6),\n x", "     (1, 2),"),
        python(" @pytest.mark.parametrize('a', [\n-    (1, 2),\n-    (3, 4),\n+    (5, 6),\n-    word\n ])",
            path="tests/test_b.py"),
    ],
    "rows moved": [python(" CASES = [\n-    (1, 2),\n-    (3, 4),\n     (7, 8),\n+    (3, 4),\n ]")],
    "rows moved, one new": [
        python(" CASES = [\n-    (1, 2),\n-    (3, 4),\n-    (5, 6),\n     (7, 8),\n+    (3, 4),\n+    (9, 9),\n ]")
    ],
    "rows moved twice": [
        python(" CASES = [\n-    (1, 2),\n-    (1, 2),\n-    (1, 2),\n     (7, 8),\n+    (1, 2),\n+    (1, 2),\n ]")
    ],
    "rows moved, with two new": [
        python(" CASES = [\n-    (1, 2),\n-    (3, 4),\n-    (5, 6),\n     (7, 8),\n+    (3, 4),\n+    (0, 9),\n"
               "+    (9, 9),\n ]")
    ],
    "rows moved from file to file": [
        python(" CASES = [\n-    (1, 2),\n-    (1, 2),\n     (7, 8),\n+    word,\n ]\n x\n+    (1, 2),"),
    ],
    "rows formatted": [python(" CASES = [\n-    (1, 2),\n+    (1,2),\n     (7, 8),\n-    (3, 4),\n ]")],
    "rows under a section": [changed("tests/test_a.py", "@@ CASES = [", "-    (1, 2),", "     (3, 4),")],
    "rows of a test that is gone": [
        python("-@pytest.mark.parametrize('a', [\n-    (1, 2),\n-])\n-def test_a(a):\n-    assert a == 1")
    ],
    "rows of no test": [python(" CASES = [\n-    (1, 2),\n ]", path="src/a.py")],
    "rows in the second hunk": [python(" x", " CASES = [\n-    (1, 2),\n ]")],
}  # fmt: skip


@pytest.mark.parametrize("name", SWITCHES)
def test_what_keeps_a_test_from_running(name: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(told(*SWITCHES[name])) == snapshot


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
