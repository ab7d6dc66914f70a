"""What JavaScript's runners print: one small log a form, in the tool's own format."""

from __future__ import annotations

import pytest

from otto_bot.diagnosis.tests_found import failing_tests_in, failing_tests_of

JEST_VERBOSE = """\
FAIL lib/api/price.spec.tsx (12.3 s)
  prices
    ✓ are shown (3 ms)
    ✕ are rounded (5 ms)

  ● prices › are rounded

    expect(received).toEqual(expected) // deep equality

    - Expected  - 1
    + Received  + 1

      41 |     expect(round(1.005)).toEqual('1.01');
         |                          ^
      at round (lib/price.ts:7:11)
      at Object.<anonymous> (lib/api/price.spec.tsx:41:26)
      at Promise.then.completed (node_modules/jest-circus/build/utils.js:298:28)

  ● Console

    console.error
      nothing to see

 FAIL  api  src/other.test.js
  ● Test suite failed to run

    SyntaxError: Unexpected token '<'

Summary of all failing tests
FAIL lib/api/price.spec.tsx (12.3 s)
  ● prices › are rounded

    expect(received).toEqual(expected) // deep equality

Test Suites: 2 failed, 7 passed, 9 total
"""
VITEST = """\
 ❯ test/basket.test.ts (3 tests | 1 failed) 12ms
   × basket > sums up 5ms
     → expected 3 to be 4 // Object.is equality

⎯⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  test/broken.test.ts [ test/broken.test.ts ]
Error: Failed to load url ./nowhere
 ❯ loadAndTransform node_modules/vite/dist/node/chunks/dep.js:51:17

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  |unit| test/basket.test.ts > basket > sums up
AssertionError: expected 3 to be 4 // Object.is equality

- Expected
+ Received

 ❯ Basket.sum src/basket.ts:9:3
 ❯ test/basket.test.ts:14:19
⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/2]⎯
"""
MOCHA = """\
  Queue
    ✔ takes
    1) gives

  4 passing (12ms)
  2 failing

  1) Queue
       when empty
         gives:

      AssertionError [ERR_ASSERTION]: 1 == 2
      + expected - actual

      at Context.<anonymous> (test/queue.js:12:10)
      at process.processImmediate (node:internal/timers:476:21)

  2) Queue "before all" hook for "drains":
     Error: Timeout of 2000ms exceeded.
      at listOnTimeout (node:internal/timers:564:17)

npm ERR! Test failed.
"""
MOCHA_EMPTY_TITLE = """\
  1 failing

  1)
       parser:: of trees
         keeps blanks:
     TypeError: x is undefined
      at Context.<anonymous> (src/parser.ts:2:1)
"""
MOCHA_ONLY_NUMBERS = """\
  1) install
  2) build it
  0 failing
"""
KARMA = """\
HeadlessChrome 90.0.4430 (Linux 0.0.0): Executed 1 of 3 (1 FAILED) (0.1 secs / 0 secs)
Chrome Headless 120.0.6099.0 (Linux x86_64) Menu opens on a click FAILED
\tExpected false to be true.
\t    at <Jasmine>
\t    at UserContext.apply (src/menu.spec.ts:31:20)
Firefox 115.0 (Ubuntu 0.0.0) Menu closes FAILED
\tTypeError: menu is null
"""
KARMA_TREE = """\
FAILED TESTS:
  Menu
    on a phone
      ✖ opens
        Chrome Headless 120.0.0.0 (Linux x86_64)
      AssertionError: expected 1 to equal 2
"""
JASMINE = """\
Failures:
1) Clock ticks every second
  Message:
    Expected 1 to equal 2.
  Stack:
    Error: Expected 1 to equal 2.
        at <Jasmine>
        at UserContext.<anonymous> (/w/spec/clockSpec.js:5:15)

12 specs, 1 failure
"""
AVA = """\
  ✘ [fail]: rates › converts euros Rejected promise returned by test
  ─

  rates › converts euros

  test/rates.js:8

   7:
   8:   t.is(rate, 2)

  Difference (- actual, + expected):
"""
AVA_OLD = """\
  ✔ adds
  ✖ subtracts  Error: boom

  1 test failed
"""
PLAYWRIGHT = """\
Running 3 tests using 1 worker
  1) [chromium] › tests/login.spec.ts:5:3 › login › shows a hint ─────────────────

    Error: expect(locator).toBeVisible() failed

    > 8 |   await expect(page.locator('#hint')).toBeVisible();
        at /w/tests/login.spec.ts:8:46

    Retry #1 ───────────────────────────────────────────────────────────────────

  2) [chromium] › tests/flaky.spec.ts:3:1 › sometimes ────────────────────────────

    Error: sometimes

  1 flaky
    [chromium] › tests/flaky.spec.ts:3:1 › sometimes ─────────────────────────────
  1 failed
    [chromium] › tests/login.spec.ts:5:3 › login › shows a hint ──────────────────
  1 passed (3.1s)
"""
CYPRESS = """\
  Checkout
    ✓ starts
    1) pays

  1 passing (8s)
  1 failing

  1) Checkout
       pays:
     AssertionError: Timed out retrying after 4000ms: Expected to find element: `#pay`
      at Context.eval (webpack:///./cypress/e2e/checkout.cy.js:12:7)

  (Results)
"""
BUN = """\
src/sum.test.ts:
error: expect(received).toBe(expected)
(fail) sum > adds [0.42ms]
(pass) sum > subtracts
"""
DENO = """\
adds ... FAILED (2ms)
subtracts ... ok (1ms)

 ERRORS

adds => ./sum_test.ts:3:6
error: AssertionError: Values are not equal.

 FAILURES

adds => ./sum_test.ts:3:6

FAILED | 1 passed | 1 failed (9ms)
"""
TAPE = """\
TAP version 13
# sums
ok 1 works
not ok 2 should be strictly equal
  ---
    operator: equal
    expected: 4
    actual:   3
    at: Test.<anonymous> (/w/test/sum.js:5:5)
  ...
not ok 3 later # TODO not yet
not ok 4 never # SKIP no network
1..4
"""
TAP_TREE = """\
TAP version 13
# Subtest: test/sum.js
    not ok 1 - adds
      ---
      message: "expected 3 to be 4"
      ...
    1..1
not ok 1 - test/sum.js # time=12.3ms
"""
QUNIT = """\
ok 1 Chrome 120.0 - [1 ms] - Unit: opens
not ok 2 Chrome 120.0 - [23 ms] - Unit: closes
    ---
        message: >
            menu is still open
        stack: >
            Error
"""
PROVE = """\

#   Failed test 'adds'
#   at t/sum.t line 2.
#          got: '1'
#     expected: '2'

#   Failed test at t/sum.t line 5.
# Looks like you failed 2 tests of 3.
t/sum.t ..
Dubious, test returned 2 (wstat 512, 0x200)
Failed 2/3 subtests

Test Summary Report
-------------------
t/sum.t (Wstat: 512 (exited 2) Tests: 3 Failed: 2)
  Failed tests:  2-3
t/dies.t (Wstat: 65280 (exited 255) Tests: 1 Failed: 0)
  Non-zero exit status: 255
t/todo.t (Wstat: 0 Tests: 12 Failed: 0)
  TODO passed:   3
Result: FAIL
"""
BATS = """\
 ✓ lists
 ✗ removes
   (in test file test/remove.bats, line 9)
     `[ "$status" -eq 0 ]' failed
"""

Expected = dict[str, tuple[str, str | None, int | None]]
TABLE: list[tuple[str, str, Expected]] = [
    (
        "jest",
        JEST_VERBOSE,
        {
            "prices › are rounded": ("expect(received).toEqual(expected) // deep equality", "lib/price.ts", 7),
            "src/other.test.js": (
                "Test suite failed to run: SyntaxError: Unexpected token '<'",
                "src/other.test.js",
                None,
            ),
        },
    ),
    (
        "vitest",
        VITEST,
        {
            "test/broken.test.ts": (
                "Test suite failed to run: Error: Failed to load url ./nowhere",
                "test/broken.test.ts",
                None,
            ),
            "test/basket.test.ts > basket > sums up": (
                "AssertionError: expected 3 to be 4 // Object.is equality",
                "src/basket.ts",
                9,
            ),
        },
    ),
    (
        "mocha",
        MOCHA,
        {
            "Queue when empty gives": ("AssertionError [ERR_ASSERTION]: 1 == 2", "test/queue.js", 12),
            'Queue "before all" hook for "drains"': ("Error: Timeout of 2000ms exceeded.", None, None),
        },
    ),
    (
        "mocha with an empty first title",
        MOCHA_EMPTY_TITLE,
        {"parser:: of trees keeps blanks": ("TypeError: x is undefined", "src/parser.ts", 2)},
    ),
    ("numbers that are no tests", MOCHA_ONLY_NUMBERS, {}),
    (
        "karma",
        KARMA,
        {
            "Menu opens on a click": ("Expected false to be true.", "src/menu.spec.ts", 31),
            "Menu closes": ("TypeError: menu is null", None, None),
        },
    ),
    ("karma's tree", KARMA_TREE, {"Menu on a phone opens": ("AssertionError: expected 1 to equal 2", None, None)}),
    ("jasmine", JASMINE, {"Clock ticks every second": ("Expected 1 to equal 2.", "/w/spec/clockSpec.js", 5)}),
    (
        "ava",
        AVA,
        {"rates › converts euros": ("Rejected promise returned by test", "test/rates.js", 8)},
    ),
    ("ava before 4", AVA_OLD, {"subtracts": ("Error: boom", None, None)}),
    (
        "playwright",
        PLAYWRIGHT,
        {
            "[chromium] › tests/login.spec.ts:5:3 › login › shows a hint": (
                "Error: expect(locator).toBeVisible() failed",
                "tests/login.spec.ts",
                5,
            )
        },
    ),
    (
        "cypress",
        CYPRESS,
        {
            "Checkout pays": (
                "AssertionError: Timed out retrying after 4000ms: Expected to find element: `#pay`",
                "cypress/e2e/checkout.cy.js",
                12,
            )
        },
    ),
    ("bun", BUN, {"sum > adds": ("", None, None)}),
    ("deno", DENO, {"adds": ("error: AssertionError: Values are not equal.", "./sum_test.ts", 3)}),
    ("tape", TAPE, {"should be strictly equal": ("", "/w/test/sum.js", 5)}),
    ("tap", TAP_TREE, {"adds": ("expected 3 to be 4", None, None)}),
    ("qunit", QUNIT, {"Chrome 120.0 - [23 ms] - Unit: closes": ("menu is still open", None, None)}),
    (
        "prove",
        PROVE,
        {
            "adds": ("got: '1' expected: '2'", "t/sum.t", 2),
            "t/sum.t line 5": ("", "t/sum.t", 5),
            "t/dies.t": ("0 failed, wait status 65280", "t/dies.t", None),
        },
    ),
    ("bats", BATS, {"removes": ("", "test/remove.bats", 9)}),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_printed_is_found(text: str, expected: Expected) -> None:
    tests = failing_tests_in(text.splitlines())
    assert {test.id: (test.message, test.file, test.line) for test in tests} == expected
    coloured = "".join(f"2026-01-02T03:04:05.0000006Z \x1b[31m{line}\x1b[0m\r\n" for line in text.splitlines())
    assert failing_tests_of(coloured.encode()) == tests
