"""Failing tests as real runners print them, run here where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from otto_bot.diagnosis.tests_found import MOST, failing_tests_in

PYTEST_SUITE = """
import pytest

class TestList:
    def test_tuples(self):
        assert [{"a": 1}] == [("a", 1)]

    @pytest.mark.parametrize("n", ["x y", "z"])
    def test_par(self, n):
        if n == "x y":
            raise ValueError("bad " + n)

@pytest.fixture
def broken():
    raise RuntimeError("no db")

def test_fix(broken):
    pass

def test_ok():
    pass
"""
UNITTEST_SUITE = """
import unittest

class T(unittest.TestCase):
    def test_a(self):
        self.assertEqual(1, 2)

    def test_b(self):
        raise KeyError("x")

    def test_c(self):
        for n in (1, 2):
            with self.subTest(n=n):
                self.assertEqual(n, 1)
"""
NODE_SUITE = """
const {test, describe, it} = require('node:test');
const assert = require('node:assert');
describe('suite', () => { it('adds', () => { assert.strictEqual(1, 2); }); it('ok', () => {}); });
test('throws', () => { throw new Error('boom'); });
"""
GO = """=== RUN   TestAdd
    add_test.go:9: got 3, want 4
--- FAIL: TestAdd (0.00s)
=== RUN   TestTable
=== RUN   TestTable/empty
    add_test.go:21: empty: no error
--- FAIL: TestTable (0.00s)
    --- FAIL: TestTable/empty (0.00s)
    --- PASS: TestTable/full (0.00s)
FAIL
FAIL\texample.com/x/calc\t0.003s
--- FAIL: TestOther (0.01s)
    other_test.go:5: nope
FAIL\texample.com/x/other\t0.010s
ok  \texample.com/x/fine\t0.002s
FAIL
"""
CARGO = """running 2 tests
test tests::ok ... ok
test tests::bad ... FAILED

failures:

---- tests::bad stdout ----

thread 'tests::bad' (3526) panicked at src/lib.rs:2:32:
assertion `left == right` failed: nope
  left: 1
 right: 2

failures:
    tests::bad

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s
"""
JEST = """PASS src/fine.test.js
FAIL src/sum.test.js (5.1 s)
  ● sum › adds

    expect(received).toBe(expected) // Object.is equality

    Expected: 4
    Received: 3

      at Object.toBe (node_modules/expect/build/index.js:1:1)
      at Object.<anonymous> (src/sum.test.js:5:21)

FAIL src/broken.test.js
  ● Test suite failed to run

    Cannot find module './nowhere' from 'src/broken.test.js'

Tests:       1 failed, 3 passed, 4 total
"""
VITEST = """ FAIL  test/a.test.ts > math > adds
AssertionError: expected 3 to be 4
 ❯ test/a.test.ts:6:19
"""
MAVEN = """[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! - com.x.FooTest
[ERROR] com.x.FooTest.testBar  Time elapsed: 0.01 s  <<< FAILURE!
[ERROR] Failures:
[ERROR]   FooTest.testBar:12 expected:<1> but was:<2>
"""
GRADLE = "com.x.FooTest > testBar() FAILED\n    org.opentest4j.AssertionFailedError at FooTest.java:12\n"


def found(text: str) -> dict[str, tuple[str, str | None, int | None]]:
    return {test.id: (test.message, test.file, test.line) for test in failing_tests_in(text.splitlines())}


def run(folder: Path, *argv: str) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_pytest(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_app.py").write_text(PYTEST_SUITE)
    argv = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "test_app.py")
    text = run(tmp_path, *argv)
    assert found(text) == {
        "test_app.py::TestList::test_tuples": ("AssertionError: assert [{'a': 1}] == [('a', 1)]", "test_app.py", 6),
        "test_app.py::TestList::test_par[x y]": ("ValueError: bad x y", "test_app.py", 11),
        "test_app.py::test_fix": ("RuntimeError: no db", "test_app.py", 15),
    }
    quiet = run(
        tmp_path,
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        "--no-summary",
        "-v",
        ".",
    )
    assert set(found(quiet)) == set(found(text))


def test_pytest_collection(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_flask.py").write_text("import flask_that_is_not_there\n")
    text = run(tmp_path, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", ".")
    message = "ModuleNotFoundError: No module named 'flask_that_is_not_there'"
    assert found(text) == {"test_flask.py": (message, "test_flask.py", 1)}


def test_unittest(tmp_path: Path) -> None:
    (tmp_path / "test_u.py").write_text(UNITTEST_SUITE)
    tests = found(run(tmp_path, sys.executable, "-m", "unittest", "test_u"))
    assert tests["test_u.T.test_a"] == ("AssertionError: 1 != 2", str(tmp_path / "test_u.py"), 6)
    assert tests["test_u.T.test_b"] == ("KeyError: 'x'", str(tmp_path / "test_u.py"), 9)
    assert [name for name in tests if "test_c" in name] == ["test_u.T.test_c (n=2)"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("reporter", ["tap", "spec"])
def test_node(tmp_path: Path, reporter: str) -> None:
    (tmp_path / "a.test.js").write_text(NODE_SUITE)
    tests = found(run(tmp_path, "node", "--test", f"--test-reporter={reporter}", "a.test.js"))
    assert set(tests) == {"adds", "throws"}
    assert tests["throws"][0].removeprefix("Error: ") == "boom"
    assert tests["adds"][0].endswith("Expected values to be strictly equal:")
    assert (Path(str(tests["throws"][1])).name, tests["throws"][2]) == ("a.test.js", 5)


def test_go() -> None:
    assert found(GO) == {
        "example.com/x/calc.TestAdd": ("got 3, want 4", "add_test.go", 9),
        "example.com/x/calc.TestTable/empty": ("empty: no error", "add_test.go", 21),
        "example.com/x/other.TestOther": ("nope", "other_test.go", 5),
    }


def test_cargo() -> None:
    assert found(CARGO) == {"tests::bad": ("assertion `left == right` failed: nope", "src/lib.rs", 2)}
    old = "---- t::bad stdout ----\nthread 't::bad' panicked at 'boom', src/lib.rs:3:5\n"
    assert found(old) == {"t::bad": ("boom", "src/lib.rs", 3)}


def test_jest_and_vitest() -> None:
    assert found(JEST) == {
        "sum › adds": ("expect(received).toBe(expected) // Object.is equality", "src/sum.test.js", 5),
        "src/broken.test.js": (
            "Test suite failed to run: Cannot find module './nowhere' from 'src/broken.test.js'",
            "src/broken.test.js",
            None,
        ),
    }
    assert found(VITEST) == {
        "test/a.test.ts > math > adds": ("AssertionError: expected 3 to be 4", "test/a.test.ts", 6)
    }


def test_jvm() -> None:
    assert found(MAVEN) == {"com.x.FooTest.testBar": ("expected:<1> but was:<2>", None, 12)}
    assert set(found(GRADLE)) == {"com.x.FooTest.testBar()"}


@pytest.mark.parametrize(
    "text",
    [
        "============ 12 passed in 0.1s ============",
        "test tests::ok ... ok",
        "ok 1 - adds\nnot ok 2 - later # TODO",
        "--- PASS: TestX (0.00s)\nok  \tx\t0.1s",
        "PASS src/a.test.js\n  ● Console\n",
        "ERROR: something else",
        "FAILED to fetch x",
    ],
)
def test_nothing_is_made_up(text: str) -> None:
    assert found(text) == {}


def test_the_number_of_tests_is_bounded() -> None:
    assert len(failing_tests_in(f"FAILED t.py::test_{n} - AssertionError" for n in range(MOST * 3))) == MOST
