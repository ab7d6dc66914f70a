"""What the runners of Go, Rust, C, C++ and of build tools print: one small log a form, in the tool's own format."""

from __future__ import annotations

import pytest

from otto_bot.diagnosis.tests_found import failing_tests_in, failing_tests_of

GO_TESTIFY = """\
=== RUN   TestCart
--- FAIL: TestCart (0.00s)
    cart_test.go:14:
        \tError Trace:\t/w/shop/cart_test.go:14
        \tError:      \tNot equal:
        \t            \texpected: 1
        \tTest:       \tTestCart
--- PASS: TestOther (0.00s)
FAIL
FAIL\texample.com/shop\t0.012s
"""
GO_PANIC = """\
--- FAIL: TestBoom (0.00s)
panic: runtime error: index out of range [1] with length 1 [recovered]
\tpanic: runtime error: index out of range [1] with length 1

goroutine 6 [running]:
testing.tRunner.func1.2({0x1, 0x2})
\t/usr/local/go/src/testing/testing.go:1631 +0x24a
example.com/shop.boom(...)
\t/w/shop/boom.go:5 +0x1d
FAIL\texample.com/shop\t0.005s
"""
GO_TIMEOUT = """\
panic: test timed out after 1s
running tests:
\tTestSlow (1s)

goroutine 17 [running]:
FAIL\texample.com/slow\t1.008s
FAIL
"""
GO_BUILD = """\
# example.com/shop [example.com/shop.test]
shop/cart_test.go:3:2: undefined: Cart
FAIL\texample.com/shop [build failed]
"""
GOTESTSUM = """\
=== Failed
=== FAIL: shop TestCart (0.00s)
    cart_test.go:14: want 1

DONE 4 tests, 1 failure in 0.4s
"""
GO_JSON = """\
{"Action":"output","Package":"example.com/shop","Test":"TestCart","Output":"    cart_test.go:14: want 1\\n"}
{"Action":"fail","Package":"example.com/shop","Test":"TestCart","Elapsed":0}
{"Action":"pass","Package":"example.com/shop","Test":"TestFine","Elapsed":0}
{"Action":"fail","Package":"example.com/shop","Elapsed":0.1}
"""
GINKGO = """\
• [FAILED] [1.014 seconds]
Cart [It] is empty
/w/shop/cart_test.go:12

  [FAILED] Timed out after 1.001s.
  Expected
      <int>: 1
  In [It] at: /w/shop/cart_test.go:15 @ 01/01/26 10:00:00.1
------------------------------

Summarizing 1 Failure:
  [FAIL] Cart [It] is empty
  /w/shop/cart_test.go:15

Ran 12 of 12 Specs in 1.2 seconds
FAIL! -- 11 Passed | 1 Failed | 0 Pending | 0 Skipped
"""
GOCHECK = "FAIL: cart_test.go:12: CartSuite.TestEmpty\n\ncart_test.go:14:\n    c.Assert(n, Equals, 0)\n"
CARGO = """\
running 3 tests
test cart::tests::is_empty ... FAILED
test cart::tests::overflows - should panic ... FAILED
test src/lib.rs - cart::Cart (line 12) ... FAILED

failures:

---- cart::tests::is_empty stdout ----
thread 'cart::tests::is_empty' panicked at src/cart.rs:30:9:
assertion `left == right` failed
  left: 1
 right: 0
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- cart::tests::overflows stdout ----
note: test did not panic as expected

---- src/lib.rs - cart::Cart (line 12) stdout ----
error[E0425]: cannot find value `x` in this scope

failures:
    cart::tests::is_empty

test result: FAILED. 4 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
NEXTEST = """\
        FAIL [   0.005s] shop::it cart::is_empty
  TRY 1 FAIL [   0.004s] shop sometimes
  TRY 2 PASS [   0.004s] shop sometimes
     TIMEOUT [  60.004s] shop slow
     SIGSEGV [   0.104s] shop crashes
        PASS [   0.004s] shop fine

--- STDERR:              shop::it cart::is_empty ---
thread 'cart::is_empty' panicked at tests/it.rs:4:5:
assertion failed: cart.is_empty()
     Summary [   0.012s] 5 tests run: 2 passed (1 flaky), 3 failed, 0 skipped
"""
NOCAPTURE = """\
running 1 test
thread 'main' panicked at src/other.rs:1:1:
not a test
thread 'cart::is_empty' panicked at 'assertion failed: `(left == right)`
  left: `1`,
 right: `0`', src/cart.rs:30:9
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
test cart::is_empty ... FAILED

failures:

failures:
    cart::is_empty

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.00s
"""
NOT_CARGO = "---- end stdout ----\nError: No such image: abc\nTests failed: see above\n"
CTEST = """\
2/3 Test #2: cart_empty .......................***Failed    0.01 sec
3/3 Test #3: slow .............................***Timeout   1.50 sec

67% tests passed, 2 tests failed out of 3

The following tests FAILED:
\t  2 - cart_empty (Failed)
\t  3 - slow (Timeout)
Errors while running CTest
"""
GTEST = """\
[ RUN      ] Cart.IsEmpty
/w/test/cart_test.cc:12: Failure
Expected equality of these values:
  cart.size()
    Which is: 1
  0
[  FAILED  ] Cart.IsEmpty (0 ms)
[ RUN      ] Sizes/Cart.Grows/1
[  FAILED  ] Sizes/Cart.Grows/1, where GetParam() = 4 (0 ms)
[----------] Global test environment tear-down
[  FAILED  ] 2 tests, listed below:
[  FAILED  ] Cart.IsEmpty
[  FAILED  ] Sizes/Cart.Grows/1, where GetParam() = 4
"""
CATCH = """\
-------------------------------------------------------------------------------
A cart
  is empty
-------------------------------------------------------------------------------
test/cart.cpp:9
...............................................................................

test/cart.cpp:12: FAILED:
  REQUIRE( cart.size() == 0 )
with expansion:
  1 == 0

===============================================================================
test cases: 3 | 2 passed | 1 failed
"""
DOCTEST = """\
===============================================================================
test/cart.cpp:9:
TEST CASE:  a cart is empty

test/cart.cpp:12: ERROR: CHECK( cart.size() == 0 ) is NOT correct!
  values: CHECK( 1 == 0 )
"""
BOOST = 'test/cart.cpp(12): error: in "cart/is_empty": check size == 0 has failed [1 != 0]\n'
QT = "FAIL!  : CartTest::isEmpty(one) Compared values are not the same\n   Actual   (size): 1\n   Loc: [cart.cpp(12)]\n"
UNITY = "test/cart.c:12:test_is_empty:FAIL: Expected 0 Was 1\n"
CHECK = "66%: Checks: 3, Failures: 1, Errors: 0\ncart.c:12:F:core:test_empty:0: Assertion 'n == 0' failed\n"
ZIG = "2/3 cart.test.is empty...FAIL (TestUnexpectedResult)\n"
BAZEL = """\
FAIL: //shop:cart_test (see /home/u/.cache/bazel/testlogs/shop/cart_test/test.log)
//shop:fine_test                                                         PASSED in 0.1s
//shop:cart_test                                                         FAILED in 3 out of 3 in 1.2s
@lib//net:slow_test                                                     TIMEOUT in 300.1s
//shop:flaky_test                                                        FLAKY, failed in 1 out of 2 in 0.3s
//shop:gone_test                                                         FAILED TO BUILD
"""
MESON = """\
2/3 shop:unit / cart   FAIL            0.01s   exit status 1
3/3 slow               TIMEOUT        30.02s   killed by signal 15 SIGTERM
Summary of Failures:
"""
AUTOMAKE = """\
PASS: tests/a.sh
FAIL: tests/cart.sh
============================================================================
Testsuite summary for shop 1.0
============================================================================
# TOTAL: 2
# FAIL:  1
"""
NOT_AUTOMAKE = "FAIL: something\n"

Expected = dict[str, tuple[str, str | None, int | None]]
TABLE: list[tuple[str, str, Expected]] = [
    ("testify", GO_TESTIFY, {"example.com/shop.TestCart": ("Not equal:", "cart_test.go", 14)}),
    (
        "a panic",
        GO_PANIC,
        {
            "example.com/shop.TestBoom": (
                "panic: runtime error: index out of range [1] with length 1",
                "/w/shop/boom.go",
                5,
            )
        },
    ),
    ("a timeout", GO_TIMEOUT, {"example.com/slow.TestSlow": ("test timed out after 1s", None, None)}),
    ("go that does not build", GO_BUILD, {}),
    ("gotestsum", GOTESTSUM, {"shop.TestCart": ("want 1", "cart_test.go", 14)}),
    ("go test -json", GO_JSON, {"example.com/shop.TestCart": ("want 1", "cart_test.go", 14)}),
    ("ginkgo", GINKGO, {"Cart [It] is empty": ("Timed out after 1.001s.", "/w/shop/cart_test.go", 15)}),
    ("gocheck", GOCHECK, {"CartSuite.TestEmpty": ("", "cart_test.go", 12)}),
    (
        "cargo test",
        CARGO,
        {
            "cart::tests::is_empty": ("assertion `left == right` failed", "src/cart.rs", 30),
            "cart::tests::overflows": ("", None, None),
            "src/lib.rs - cart::Cart (line 12)": ("", None, None),
        },
    ),
    (
        "nextest",
        NEXTEST,
        {
            "shop::it cart::is_empty": ("assertion failed: cart.is_empty()", "tests/it.rs", 4),
            "shop slow": ("TIMEOUT", None, None),
            "shop crashes": ("SIGSEGV", None, None),
        },
    ),
    (
        "cargo test --nocapture",
        NOCAPTURE,
        {"cart::is_empty": ("assertion failed: `(left == right)`", "src/cart.rs", 30)},
    ),
    ("a heading like cargo's", NOT_CARGO, {}),
    ("ctest", CTEST, {"cart_empty": ("Failed", None, None), "slow": ("Timeout", None, None)}),
    (
        "googletest",
        GTEST,
        {
            "Cart.IsEmpty": (
                "Expected equality of these values: cart.size() Which is: 1 0",
                "/w/test/cart_test.cc",
                12,
            ),
            "Sizes/Cart.Grows/1": ("", None, None),
        },
    ),
    ("catch2", CATCH, {"A cart/is empty": ("REQUIRE( cart.size() == 0 )", "test/cart.cpp", 12)}),
    (
        "doctest",
        DOCTEST,
        {"a cart is empty": ("CHECK( cart.size() == 0 ) is NOT correct!", "test/cart.cpp", 12)},
    ),
    ("boost", BOOST, {"cart/is_empty": ("check size == 0 has failed [1 != 0]", "test/cart.cpp", 12)}),
    ("qt", QT, {"CartTest::isEmpty(one)": ("Compared values are not the same", None, None)}),
    ("unity", UNITY, {"test_is_empty": ("Expected 0 Was 1", "test/cart.c", 12)}),
    ("check", CHECK, {"core:test_empty": ("Assertion 'n == 0' failed", "cart.c", 12)}),
    ("zig", ZIG, {"cart.test.is empty": ("TestUnexpectedResult", None, None)}),
    (
        "bazel",
        BAZEL,
        {
            "//shop:cart_test": ("see /home/u/.cache/bazel/testlogs/shop/cart_test/test.log", None, None),
            "@lib//net:slow_test": ("TIMEOUT in 300.1s", None, None),
        },
    ),
    (
        "meson",
        MESON,
        {"shop:unit / cart": ("exit status 1", None, None), "slow": ("killed by signal 15 SIGTERM", None, None)},
    ),
    ("automake", AUTOMAKE, {"tests/cart.sh": ("", None, None)}),
    ("a word like automake's", NOT_AUTOMAKE, {}),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_printed_is_found(text: str, expected: Expected) -> None:
    tests = failing_tests_in(text.splitlines())
    assert {test.id: (test.message, test.file, test.line) for test in tests} == expected
    coloured = "".join(f"2026-01-02T03:04:05.0000006Z \x1b[31m{line}\x1b[0m\r\n" for line in text.splitlines())
    assert failing_tests_of(coloured.encode()) == tests
