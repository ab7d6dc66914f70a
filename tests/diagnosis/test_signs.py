"""What lines of many tools and languages look like, each by itself."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis.signs import BIT, SIGNS, WIDTH, is_strong, narrowed, signs_of, strong


def names_of(text: str) -> set[str]:
    signs = signs_of(text)
    return {name for name, bit in BIT.items() if signs & bit}


@pytest.mark.parametrize(
    ("text", "has", "lacks"),
    [
        # python
        ("E       AssertionError: assert 3 == 4", {"asserted", "error", "crash"}, {"passed", "frame"}),
        ('  File "/srv/app/cart.py", line 12, in total', {"frame", "place"}, {"passed", "count"}),
        ("Traceback (most recent call last):", {"crash"}, {"passed"}),
        ("ValueError: invalid literal for int() with base 10: 'x'", {"error", "trouble"}, {"passed"}),
        ("___________ test_total ___________", {"heading"}, {"passed"}),
        ("FAILED tests/test_cart.py::test_total - assert 3 == 4", {"failing_test", "fail"}, {"passed"}),
        ("======= 1 failed, 3 passed in 0.12s =======", {"count", "fail"}, {"failing_test"}),
        ("FAIL: test_total (tests.test_cart.CartTest)", {"heading", "failing_test"}, {"passed"}),
        ("src/cart.py:4:9: E711 comparison to None", {"place", "place_first"}, {"passed"}),
        # javascript, typescript
        ("  ● Cart › adds", {"failing_test", "heading"}, {"passed"}),
        ("    ✕ adds up (3 ms)", {"failing_test"}, {"passed"}),
        ("    Expected: 3", {"asserted"}, {"passed"}),
        ("    at Object.toBe (src/cart.test.ts:21:24)", {"frame", "place"}, {"heading"}),
        ("      - expected + actual", {"asserted"}, {"passed"}),
        ("src/a.ts(17,10): error TS2339: Property 'x' does not exist", {"known_error", "error", "trouble"}, {"passed"}),
        ("  12:7  error  'x' is not defined  no-undef", {"known_error", "trouble"}, {"passed"}),
        ("✖ 3 problems (1 error, 2 warnings)", {"count"}, {"passed"}),
        ("npm ERR! code ELIFECYCLE", {"error", "echo"}, {"passed"}),
        # go, rust
        ("--- FAIL: TestQuote (0.00s)", {"failing_test", "fail"}, {"passed"}),
        ("    quote_test.go:31: got 3, want 4", {"place"}, {"passed"}),
        ("panic: runtime error: index out of range [0]", {"fatal", "crash"}, {"passed"}),
        ("goroutine 19 [running]:", {"frame"}, {"error"}),
        ("error[E0382]: borrow of moved value: `parcel`", {"error_first", "known_error"}, {"passed"}),
        ("58 |     println!();", set(), {"error", "fail", "failing_test"}),
        ("   |         ^^^^^^^ value borrowed here", {"caret"}, {"error"}),
        ("test route::skips ... FAILED", {"failing_test"}, {"passed"}),
        # jvm, .net
        ("\tat com.acme.Stock.reserve(Stock.java:37)", {"frame", "place"}, {"error", "heading"}),
        ("[ERROR] /b/Stock.java:[52,17] cannot find symbol", {"error_first", "trouble"}, {"passed"}),
        ("Tests run: 5, Failures: 1, Errors: 0, Skipped: 0 <<< FAILURE!", {"count", "failing_test"}, set()),
        ("Execution failed for task ':test'.", {"fail"}, {"passed"}),
        ("> Task :compileJava FAILED", {"failing_test"}, {"passed"}),
        ("Label.cs(18,31): error CS1061: no such member", {"known_error", "error"}, {"passed"}),
        # ruby, php, c, cmake
        ("     Failure/Error: expect(x).to eq(3)", {"asserted", "fail"}, {"passed"}),
        ("  1) Invoice#due_on skips weekends", {"failing_test", "heading"}, {"passed"}),
        ("PHP Fatal error:  Uncaught Error: Class \"X\" not found", {"fatal", "error", "trouble"}, {"passed"}),
        ("src/parse.c:71:18: error: expected ';'", {"place", "known_error", "place_first"}, {"passed"}),
        ("make: *** [Makefile:9: all] Error 2", {"echo", "error"}, {"passed"}),
        ("net.c:(.text+0x1a4): undefined reference to `resolve'", {"trouble"}, {"passed"}),
        ("Segmentation fault (core dumped)", {"crash"}, {"passed"}),
        # shells, runners, package managers
        ("./release.sh: line 22: frob: command not found", {"trouble", "place"}, {"passed"}),
        ("##[error]Process completed with exit code 1.", {"error_first", "echo"}, {"passed"}),
        ("E: Unable to locate package libfoo", {"error_first", "trouble"}, {"passed"}),
        ("Downloading urllib3-2.3.0-py3-none-any.whl (128 kB)", {"noise"}, {"error", "fail", "passed"}),
        ("$ npm test", {"command"}, {"error", "fail"}),
        ("========================", {"rule"}, {"error", "heading"}),
        ("2026-01-02 03:04:05 starting", {"clock"}, {"error"}),
        ("DEBUG: pool of 3", {"chatter"}, {"error"}),
        ("DeprecationWarning: x is deprecated", {"warning"}, {"fail"}),
        ("+added line", {"diff"}, {"error"}),
        ("See https://example.org/docs", {"url"}, {"error"}),
        ("Did you mean `shipped`?", {"advice"}, {"error"}),
        ("CI_TOKEN_FILE=/tmp/x", {"setting"}, {"error"}),
        # errors by their wording alone
        ("ModuleNotFoundError: No module named 'parcel'", {"known_error", "error"}, {"passed"}),
        ("sh: 1: frob: not found", {"known_error", "trouble"}, {"passed"}),
        ("Killed", {"known_error", "trouble"}, {"passed"}),
        ("ERROR: No matching distribution found for x==9", {"known_error", "error_first"}, {"passed"}),
        ("curl: (6) Could not resolve host: example.org", {"known_error"}, {"passed"}),
        ("gcc -Wall -Werror -fexceptions -c a.c", {"noise"}, {"error", "crash", "known_error"}),
        ("  if-no-files-found: error", set(), {"error", "known_error", "error_first"}),
    ],
)  # fmt: skip
def test_signs_of_lines(text: str, has: set[str], lacks: set[str]) -> None:
    found = names_of(text)
    assert has <= found
    assert not lacks & found


@pytest.mark.parametrize(
    "text",
    [
        "  ✓ shows an error when the payment failed (3 ms)",
        "    ✔ throws a fatal exception",
        "ok 3 - error of a failed panic",
        "--- PASS: TestErrorIsFatal (0.01s)",
        "    --- SKIP: TestFailure/panic (0.00s)",
        "=== RUN   TestErrorHandling/failed",
        "=== PAUSE TestFatal",
        "=== CONT  TestFatal",
    ],
)
def test_a_test_that_passed_says_nothing_else(text: str) -> None:
    assert names_of(text) == {"passed"}
    assert not is_strong(signs_of(text))


STRONG = (
    "src/parse.c:71:18: error: expected ';'",
    "src/a.ts(17,10): error TS2339: no such property",
    "error[E0382]: borrow of moved value",
    "AssertionError: an exception was raised",
    "  ● Cart › adds",
    "not ok 4 - adds up",
    "--- FAIL: TestQuote (0.00s)",
    "panic: runtime error: index out of range",
    "fatal: not a git repository",
    "E: Unable to locate package libfoo",
    "##[error]No such container",
    "[ERROR] Stock.java:[5,1] cannot find symbol",
    "e: file:///b/Main.kt:61:13 Unresolved reference",
    "FAILED tests/test_cart.py::test_total",
    "  1) Invoice skips weekends",
)
WEAK = (
    "##[error]Process completed with exit code 1.",
    "make: *** [Makefile:9: all] Error 2",
    "npm ERR! Test failed.  See above for more details.",
    "error Command failed with exit code 1.",
    "[ERROR] -> [Help 1]",
    "$ run --fail-on error",
    "##[group]Run cargo build # fatal",
    "  ✓ shows an error",
    "test errors::fatal ... ok",
    "TestFatalError PASSED",
    "0 errors, 0 failures",
    "Downloading error-helpers-1.0.tar.gz",
    "",
    "compiling parser",
)


@pytest.mark.parametrize("text", STRONG)
def test_errors_by_themselves_are_strong(text: str) -> None:
    assert is_strong(signs_of(text))
    assert strong([text]) == [True]


@pytest.mark.parametrize("text", WEAK)
def test_echoes_commands_and_passed_tests_are_not(text: str) -> None:
    assert not is_strong(signs_of(text))
    assert strong([text]) == [False]


def test_only_the_beginning_of_a_line_is_looked_at() -> None:
    assert "error" in names_of("x" * (WIDTH - 5) + "error")
    assert "error" not in names_of("x" * WIDTH + "error")


def test_each_sign_has_its_own_bit() -> None:
    assert len(BIT) == len(SIGNS)
    assert all(bit.bit_count() == 1 for bit in BIT.values())
    for sign in SIGNS:
        assert sign.words or sign.pattern is not None, sign.name
        assert all(word == word.lower() for word in (*sign.words, *sign.literals)), sign.name


TRAPS = (
    "a.b:1",
    "- ",
    "at ",
    "error ",
    "expected ",
    "( ... ",
    "_",
    "not ok",
    "1) ",
    "is 0 errors ",
    "\t",
    "FAIL",
    ") ",
)


@settings(max_examples=150)
@given(st.text(max_size=400) | st.lists(st.sampled_from((*TRAPS, *STRONG, *WEAK)), max_size=60).map("".join))
def test_any_text_has_signs(text: str) -> None:
    signs = signs_of(text)
    assert 0 <= signs < 1 << len(SIGNS)
    assert strong([text]) == [is_strong(signs)]


@pytest.mark.parametrize("piece", [*TRAPS, "{", "=", " ", "ok ", "expect but ", "\x1b[0m", "✖ "])
def test_a_line_of_a_million_characters_is_quick(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    before = time.process_time()
    signs_of(text)
    assert time.process_time() - before < 0.25


@given(
    st.lists(st.text(max_size=40) | st.sampled_from(["error: x", "FAILED a", "1) b", "not found", "ok 1"]), max_size=8)
)
def test_looking_at_lines_together_finds_the_same(texts: list[str]) -> None:
    tests = narrowed("\n".join(texts))
    assert [signs_of(text, tests) for text in texts] == [signs_of(text) for text in texts]
    assert strong(texts) == [is_strong(signs_of(text)) for text in texts]
