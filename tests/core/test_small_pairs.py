"""Which old test of a diff is which new one, and what keeps it from running, to the line."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from tampering_bodies import python
from tampering_table import changed, patch

from otto_bot.core import tampering_pairs
from otto_bot.core.patches import ChangedFile
from otto_bot.core.tampering import scan
from otto_bot.core.tampering_cases import Side, sides
from otto_bot.core.tampering_languages import PYTHON
from otto_bot.core.tampering_pairs import paired


def told(*files: ChangedFile) -> list[str]:
    return [f"{one.rule} {one.old_line} {one.new_line} {one.line}" for one in scan(files)]


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
