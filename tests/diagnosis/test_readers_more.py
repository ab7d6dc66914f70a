"""What the runners of Ruby, PHP, .NET, Apple, Elixir and others print: one small log a form, in its tool's format."""

from __future__ import annotations

import pytest

from otto_bot.diagnosis.tests_found import failing_tests_in, failing_tests_of

RSPEC = """\
Failures:

  1) Cart when new is empty
     Failure/Error: expect(cart.size).to eq(0)

       expected: 0
            got: 1

       (compared using ==)
     # ./spec/cart_spec.rb:12:in `block (3 levels) in <top (required)>'
     # /usr/local/bundle/gems/rspec-core-3.12.0/lib/rspec/core/example.rb:1:in `run'

  2) Cart pays
     Failure/Error: raise "no bank"

     RuntimeError:
       no bank
     # ./lib/cart.rb:4:in `pay'
     # ./spec/cart_spec.rb:20:in `block'

Finished in 0.02 seconds (files took 0.1 seconds to load)
3 examples, 2 failures

Failed examples:

rspec ./spec/cart_spec.rb:11 # Cart when new is empty
rspec ./spec/cart_spec.rb:19 # Cart pays
rspec './spec/other_spec.rb[1:2]' # Other is shared
"""
CRYSTAL = "crystal spec spec/cart_spec.cr:5 # Cart is empty\n"
MINITEST = """\
  1) Failure:
CartTest#test_empty [test/cart_test.rb:12]:
Expected: 0
  Actual: 1

  2) Error:
CartTest#test_pays:
RuntimeError: no bank
    lib/cart.rb:4:in `pay'
    test/cart_test.rb:20:in `test_pays'

2 runs, 1 assertions, 1 failures, 1 errors, 0 skips
"""
RAILS = """\
Failure:
CartTest#test_empty [test/cart_test.rb:12]:
Expected false to be truthy.

bin/rails test test/cart_test.rb:10
"""
TEST_UNIT = """\
Failure: test_empty(CartTest)
test/cart_test.rb:12:in `test_empty'
     10:   def test_empty
<0> expected but was <1>
"""
PHPUNIT = """\
There was 1 error:

1) Shop\\CartTest::testPays
RuntimeException: no bank

/w/src/Cart.php:4
/w/tests/CartTest.php:20

--

There were 2 failures:

1) Shop\\CartTest::testEmpty with data set #0 (1, 'a')
Failed asserting that 1 matches expected 0.

/w/tests/CartTest.php:12

2) Shop\\CartTest::testFull
Failed asserting that false is true.

/w/tests/CartTest.php:30

--

There was 1 risky test:

1) Shop\\CartTest::testNothing
This test did not perform any assertions

FAILURES!
Tests: 5, Assertions: 4, Errors: 1, Failures: 2, Risky: 1.
"""
PEST = """\
   FAIL  Tests\\Feature\\CartTest
  ⨯ it is empty                                                          0.02s
  ────────────────────────────────────────────────────────────────────────────
   FAILED  Tests\\Feature\\CartTest > it is empty        ExpectationFailedException
  Failed asserting that 1 is identical to 0.

  at tests/Feature/CartTest.php:12

  Tests:    1 failed, 3 passed (4 assertions)
"""
PHPT = "FAIL Bug #1 (sorts wrongly) [ext/standard/tests/sort.phpt] \nSKIP Other [ext/x.phpt] reason: no x\n"
VSTEST = """\
  Failed Shop.Tests.CartTests.IsEmpty(size: 1) [12 ms]
  Error Message:
   Assert.Equal() Failure
Expected: 0
Actual:   1
  Stack Trace:
     at Shop.Cart.Check() in /w/src/Cart.cs:line 30
   at Shop.Tests.CartTests.IsEmpty(Int32 size) in /w/tests/CartTests.cs:line 12
   at System.RuntimeMethodHandle.InvokeMethod(Object target)

Failed!  - Failed:     1, Passed:     3, Skipped:     0, Total:     4, Duration: 20 ms - Shop.Tests.dll (net8.0)
"""
VSTEST_OLD = """\
Failed   Shop.Tests.CartTests.IsEmpty
Error Message:
 Expected: 0
Total tests: 4. Passed: 3. Failed: 1. Skipped: 0.
"""
XUNIT = """\
[xUnit.net 00:00:01.23]     Shop.Tests.CartTests.IsEmpty [FAIL]
[xUnit.net 00:00:01.23]       Assert.Equal() Failure
[xUnit.net 00:00:01.24]       Stack Trace:
[xUnit.net 00:00:01.24]         /w/tests/CartTests.cs(12,0): at Shop.Tests.CartTests.IsEmpty()
"""
NUNIT = """\
1) Failed : Shop.Tests.CartTests.IsEmpty
  Expected: 0
  But was:  1
at Shop.Tests.CartTests.IsEmpty() in /w/tests/CartTests.cs:line 12
"""
TERMINAL = "/w/T.cs(12): error TESTERROR: Shop.CartTests.IsEmpty (12ms): Error Message: Assert.Equal() fails\n"
PESTER = """\
  [+] adds 3ms
  [-] is empty 12ms (11ms|1ms)
   Expected 0, but got 1.
   at $cart.Count | Should -Be 0, /w/Cart.Tests.ps1:12
"""
XCTEST = """\
Test Case '-[ShopTests.CartTests testEmpty]' started.
/w/CartTests.swift:12: error: -[ShopTests.CartTests testEmpty] : XCTAssertEqual failed: ("1") is not equal to ("0")
Test Case '-[ShopTests.CartTests testEmpty]' failed (0.005 seconds).
Failing tests:
\tCartTests.testEmpty()
\t-[OldTests testOld]

** TEST FAILED **
"""
XCTEST_LINUX = """\
/w/Tests/CartTests.swift:12: error: CartTests.testEmpty : XCTAssertTrue failed -
Test Case 'CartTests.testEmpty' failed (0.01 seconds)
"""
XCPRETTY = """\
Test Suite ShopTests.xctest started
CartTests
    ✓ testAdds (0.001 seconds)
    ✗ testEmpty, ((size) equal to (0)) failed: ("1") is not equal to ("0")

ShopTests.CartTests
  testEmpty, ((size) equal to (0)) failed: ("1") is not equal to ("0")
  /w/Tests/CartTests.m:12
"""
SWIFT_TESTING = """\
✘ Test isEmpty() recorded an issue at CartTests.swift:12:9: Expectation failed: (size → 1) == 0
✘ Test isEmpty() failed after 0.001 seconds with 1 issue.
✘ Test "Cart pays" failed after 0.001 seconds with 1 issue.
✘ Suite CartTests failed after 0.002 seconds with 2 issues.
"""
EXUNIT = """\
  1) test is empty (Shop.CartTest)
     test/shop/cart_test.exs:11
     Assertion with == failed
     code:  assert Cart.size() == 0
     left:  1
     stacktrace:
       (shop 0.1.0) lib/shop/cart.ex:4: Shop.Cart.size/0
       test/shop/cart_test.exs:12: (test)

  2) property adds (Shop.CartTest)
     test/shop/cart_test.exs:20
     ** (RuntimeError) no bank

Finished in 0.05 seconds
"""
EUNIT = """\
cart_tests: empty_test...*failed*
in function cart_tests:empty_test/0 (test/cart_tests.erl, line 12)
**error:{assertEqual,[{module,cart_tests}]}
  output:<<"">>
"""
COMMON_TEST = "%%% cart_SUITE ==> is_empty: FAILED\n%%% cart_SUITE ==> no match of right hand side value\n"
CLOJURE = """\
lein test :only shop.cart-test/is-empty

FAIL in (is-empty) (cart_test.clj:12)
a new cart
expected: (= 0 (size cart))
  actual: (not (= 0 1))

ERROR in shop.pay-test/pays (pay.clj:4)
Uncaught exception, not in assertion.
"""
HSPEC = """\
Failures:

  test/CartSpec.hs:12:5:
  1) Cart, when new, is empty
       expected: 0
        but got: 1

  To rerun use: --match "/Cart/when new/is empty/"
"""
TASTY = """\
Tests
  Cart
    adds:     OK
    is empty: FAIL (0.01s)
      test/Cart.hs:12:
      expected: 0
       but got: 1
1 out of 2 tests failed (0.01s)
"""
DART = """\
00:01 +3: test/cart_test.dart: cart adds
00:01 +3 -1: test/cart_test.dart: cart is empty [E]
  Expected: <0>
    Actual: <1>
  package:matcher        expect
  test/cart_test.dart 12:5  main.<fn>
00:01 +3 -1: Some tests failed.
"""
BUSTED = """\
Failure → spec/cart_spec.lua @ 12
Cart is empty
spec/cart_spec.lua:14: Expected objects to be equal.
"""
JULIA = """\
Cart is empty: Test Failed at /w/test/runtests.jl:12
  Expression: size(cart) == 0
   Evaluated: 1 == 0
"""
TESTTHAT = """\
── Failure (test-cart.R:12:3): cart is empty ───────────────────────────────────
`size` not equal to 0.
"""
ALCOTEST = "> [FAIL]        cart          0   is empty.\n"

Expected = dict[str, tuple[str, str | None, int | None]]
TABLE: list[tuple[str, str, Expected]] = [
    (
        "rspec",
        RSPEC,
        {
            "Cart when new is empty": ("expected: 0 got: 1", "./spec/cart_spec.rb", 12),
            "Cart pays": ("RuntimeError: no bank", "./lib/cart.rb", 4),
            "Other is shared": ("", "./spec/other_spec.rb", None),
        },
    ),
    ("crystal", "Failures:\n" + CRYSTAL, {"Cart is empty": ("", "spec/cart_spec.cr", 5)}),
    (
        "minitest",
        MINITEST,
        {
            "CartTest#test_empty": ("Expected: 0 Actual: 1", "test/cart_test.rb", 12),
            "CartTest#test_pays": ("RuntimeError: no bank", "lib/cart.rb", 4),
        },
    ),
    ("rails", RAILS, {"CartTest#test_empty": ("Expected false to be truthy.", "test/cart_test.rb", 12)}),
    ("test-unit", TEST_UNIT, {"test_empty(CartTest)": ("10:   def test_empty", "test/cart_test.rb", 12)}),
    (
        "phpunit",
        PHPUNIT,
        {
            "Shop\\CartTest::testPays": ("RuntimeException: no bank", "/w/src/Cart.php", 4),
            "Shop\\CartTest::testEmpty with data set #0 (1, 'a')": (
                "Failed asserting that 1 matches expected 0.",
                "/w/tests/CartTest.php",
                12,
            ),
            "Shop\\CartTest::testFull": ("Failed asserting that false is true.", "/w/tests/CartTest.php", 30),
        },
    ),
    (
        "pest",
        PEST,
        {
            "Tests\\Feature\\CartTest > it is empty": (
                "ExpectationFailedException",
                "tests/Feature/CartTest.php",
                12,
            )
        },
    ),
    ("run-tests", PHPT, {"Bug #1 (sorts wrongly)": ("", "ext/standard/tests/sort.phpt", None)}),
    (
        "vstest",
        VSTEST,
        {"Shop.Tests.CartTests.IsEmpty(size: 1)": ("Assert.Equal() Failure", "/w/src/Cart.cs", 30)},
    ),
    ("vstest before 16", VSTEST_OLD, {"Shop.Tests.CartTests.IsEmpty": ("Expected: 0", None, None)}),
    (
        "xunit",
        XUNIT,
        {"Shop.Tests.CartTests.IsEmpty": ("Assert.Equal() Failure", "/w/tests/CartTests.cs", 12)},
    ),
    ("nunit", NUNIT, {"Shop.Tests.CartTests.IsEmpty": ("Expected: 0 But was:  1", "/w/tests/CartTests.cs", 12)}),
    ("the terminal logger", TERMINAL, {"Shop.CartTests.IsEmpty": ("Assert.Equal() fails", None, None)}),
    ("pester", PESTER, {"is empty": ("Expected 0, but got 1.", "/w/Cart.Tests.ps1", 12)}),
    (
        "xctest",
        XCTEST,
        {
            "ShopTests.CartTests testEmpty": (
                'XCTAssertEqual failed: ("1") is not equal to ("0")',
                "/w/CartTests.swift",
                12,
            ),
            "OldTests testOld": ("", None, None),
        },
    ),
    (
        "xctest on linux",
        XCTEST_LINUX,
        {"CartTests.testEmpty": ("XCTAssertTrue failed -", "/w/Tests/CartTests.swift", 12)},
    ),
    (
        "xcpretty",
        XCPRETTY,
        {
            "ShopTests.CartTests.testEmpty": (
                '((size) equal to (0)) failed: ("1") is not equal to ("0")',
                "/w/Tests/CartTests.m",
                12,
            )
        },
    ),
    (
        "swift-testing",
        SWIFT_TESTING,
        {
            "isEmpty": ("Expectation failed: (size → 1) == 0", "CartTests.swift", 12),
            "Cart pays": ("", None, None),
        },
    ),
    (
        "exunit",
        EXUNIT,
        {
            "test is empty (Shop.CartTest)": ("Assertion with == failed", "test/shop/cart_test.exs", 11),
            "property adds (Shop.CartTest)": ("** (RuntimeError) no bank", "test/shop/cart_test.exs", 20),
        },
    ),
    (
        "eunit",
        EUNIT,
        {"cart_tests: empty_test": ("**error:{assertEqual,[{module,cart_tests}]}", "test/cart_tests.erl", 12)},
    ),
    (
        "common test",
        COMMON_TEST,
        {"cart_SUITE:is_empty": ("cart_SUITE ==> no match of right hand side value", None, None)},
    ),
    (
        "clojure.test",
        CLOJURE,
        {
            "shop.cart-test/is-empty": ("expected: (= 0 (size cart)) actual: (not (= 0 1))", "cart_test.clj", 12),
            "shop.pay-test/pays": ("Uncaught exception, not in assertion.", "pay.clj", 4),
        },
    ),
    ("hspec", HSPEC, {"Cart, when new, is empty": ("expected: 0 but got: 1", "test/CartSpec.hs", 12)}),
    ("tasty", TASTY, {"Tests.Cart.is empty": ("expected: 0 but got: 1", "test/Cart.hs", 12)}),
    ("dart", DART, {"test/cart_test.dart: cart is empty": ("Expected: <0> Actual: <1>", "test/cart_test.dart", 12)}),
    ("busted", BUSTED, {"Cart is empty": ("Expected objects to be equal.", "spec/cart_spec.lua", 12)}),
    ("julia", JULIA, {"Cart is empty": ("Expression: size(cart) == 0", "/w/test/runtests.jl", 12)}),
    ("testthat", TESTTHAT, {"cart is empty": ("`size` not equal to 0.", "test-cart.R", 12)}),
    ("alcotest", ALCOTEST, {"cart > is empty": ("", None, None)}),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_printed_is_found(text: str, expected: Expected) -> None:
    tests = failing_tests_in(text.splitlines())
    assert {test.id: (test.message, test.file, test.line) for test in tests} == expected
    coloured = "".join(f"2026-01-02T03:04:05.0000006Z \x1b[31m{line}\x1b[0m\r\n" for line in text.splitlines())
    assert failing_tests_of(coloured.encode()) == tests
