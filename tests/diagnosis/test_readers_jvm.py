"""What runners on the JVM print: one small log a form, in the tool's own format."""

from __future__ import annotations

import pytest

from otto_bot.diagnosis.tests_found import failing_tests_in, failing_tests_of

SUREFIRE_NEW = """\
[INFO] Running org.shop.CartTest
[ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! -- in org.shop.CartTest
[ERROR] org.shop.CartTest.isEmpty -- Time elapsed: 0.011 s <<< FAILURE!
java.lang.AssertionError:

expected: 0
 but was: 1
\tat org.assertj.core.api.Assertions.fail(Assertions.java:1)
\tat org.shop.Cart.check(Cart.java:30)
\tat org.shop.CartTest.isEmpty(CartTest.java:12)

[ERROR] org.shop.CartTest.adds(String)[2] -- Time elapsed: 0.002 s <<< ERROR!
java.lang.NullPointerException: no item
\tat org.shop.Cart.add(Cart.java:9)

[INFO] Results:
[INFO]
[ERROR] Failures:
[ERROR]   CartTest.isEmpty:12->Cart.check:30 expected: 0 but was: 1
[ERROR] Errors:
[ERROR]   CartTest.adds:20 » NullPointer no item
[WARNING] Flakes:
[WARNING] org.shop.CartTest.sometimes
[ERROR]   Run 1: CartTest.sometimes:40 expected true
[INFO]   Run 2: PASS
[INFO]
[ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 0, Flakes: 1
"""
SUREFIRE_RERUN = """\
[ERROR] Errors:
[ERROR] org.shop.PayTest.pays
[ERROR]   Run 1: PayTest.setUp:8 » IllegalState no bank
[ERROR]   Run 2: PayTest.setUp:8 » IllegalState no bank
[INFO]
[ERROR] Tests run: 1, Failures: 0, Errors: 1, Skipped: 0
"""
SUREFIRE_BARE = """\
[ERROR] Tests run: 1, Failures: 0, Errors: 1, Skipped: 0, Time elapsed: 0.5 s <<< FAILURE! - in org.shop.SignTest
[ERROR] signs  Time elapsed: 0.4 s  <<< ERROR!
java.lang.NoSuchMethodError: void x()
\tat org.shop.SignTest.signs(SignTest.java:43)

[ERROR] Errors:
[ERROR]   SignTest.signs:43 » NoSuchMethod void x()
"""
SUREFIRE_OLD = """\
Tests run: 2, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 0.1 sec <<< FAILURE! - in org.shop.OldTest
run[5: mode=FAIL, order=1](org.shop.OldTest)  Time elapsed: 0.01 sec  <<< ERROR!
java.lang.IllegalStateException: no
\tat org.shop.OldTest.run(OldTest.java:7)

Results :

Failed tests:   parses(org.shop.ParserTest): expected:<1> but was:<2>
  ParserTest.writes:206 null

Tests in error:
  OldTest.run:7 » IllegalState no
  ReaderTest>BaseTest.reads:17->open:3 » IO

Tests run: 4, Failures: 2, Errors: 2, Skipped: 0
"""
GRADLE = """\
> Task :core:test

org.shop.CartTest > isEmpty() FAILED
    org.opentest4j.AssertionFailedError: expected: <0> but was: <1>
        at org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)
        at app//org.shop.CartTest.isEmpty(CartTest.java:12)

CartTest > an empty cart costs nothing FAILED
    java.lang.AssertionError at CartTest.groovy:9

Gradle Test Run :core:test > Gradle Test Executor 3 > CartTest > Nested > adds(String) > [1] a FAILED
    java.lang.IllegalStateException: full

> Task :core:test FAILED
:compileJava FAILED
12 tests completed, 3 failed
"""
GRADLE_LOGGER = """\
org.shop.ThemeTest

  Test isDark() PASSED
  Test isLight() FAILED (1.2s)

  java.lang.AssertionError: not light
      at org.shop.ThemeTest.isLight(ThemeTest.java:174)

FAILURE: Executed 2 tests in 3s (1 failed)
"""
ANT = """\
    [junit] Testcase: calls(org.shop.CallTest):\tFAILED
    [junit] not the same
    [junit] junit.framework.AssertionFailedError: not the same
    [junit] \tat org.shop.CallTest.calls(CallTest.java:96)
    [junit]
    [junit] Test org.shop.CallTest FAILED
"""
ANT_PLAIN = """\
Testsuite: org.shop.SumTest
Testcase: adds took 0.01 sec
\tFAILED
expected:<1> but was:<2>
Testcase: subtracts took 0.01 sec
"""
CONSOLE = """\
Failures (1):
  JUnit Jupiter:CartTest:isEmpty()
    MethodSource [className = 'org.shop.CartTest', methodName = 'isEmpty', methodParameterTypes = '']
    => org.opentest4j.AssertionFailedError: expected: <0> but was: <1>
"""
TESTNG = """\
FAILED: org.shop.CartTest.isEmpty
java.lang.AssertionError: expected [0] but found [1]
"""
SCALATEST = """\
[info] CartSpec:
[info] A cart
[info] - is empty *** FAILED *** (12 milliseconds)
[info]   1 did not equal 0 (CartSpec.scala:12)
[info] - adds
[info] PaySpec:
[info] - pays *** FAILED ***
[info]   java.util.concurrent.TimeoutException: 30 seconds
[info]   at org.shop.Pay$.pay(Pay.scala:3)
[info] *** 2 TESTS FAILED ***
[error] Failed tests:
[error] \torg.shop.CartSpec
[error] \torg.shop.PaySpec
[error] \torg.shop.QuietSpec
[error] (Test / test) sbt.TestsFailedException: Tests unsuccessful
"""
SPECS2 = """\
[info] CartSpec
[error]   x be empty
[error]    1 != 0 (CartSpec.scala:9)
[info] Total for specification CartSpec
"""
MUNIT = "==> X org.shop.CartSuite.is empty  0.01s munit.ComparisonFailException: /w/CartSuite.scala:5\n"
SBT_JUNIT = "[error] Test org.shop.CartTest.isEmpty failed: expected:<0> but was:<1>, took 0.01 sec\n"

Expected = dict[str, tuple[str, str | None, int | None]]
TABLE: list[tuple[str, str, Expected]] = [
    (
        "surefire",
        SUREFIRE_NEW,
        {
            "org.shop.CartTest.isEmpty": ("java.lang.AssertionError: expected: 0", "Cart.java", 30),
            "org.shop.CartTest.adds(String)[2]": ("java.lang.NullPointerException: no item", "Cart.java", 9),
        },
    ),
    ("surefire's runs", SUREFIRE_RERUN, {"org.shop.PayTest.pays": ("IllegalState no bank", None, 8)}),
    (
        "surefire without a class",
        SUREFIRE_BARE,
        {"org.shop.SignTest.signs": ("java.lang.NoSuchMethodError: void x()", "SignTest.java", 43)},
    ),
    (
        "surefire before 2.13",
        SUREFIRE_OLD,
        {
            "run[5: mode=FAIL, order=1](org.shop.OldTest)": (
                "java.lang.IllegalStateException: no",
                "OldTest.java",
                7,
            ),
            "parses(org.shop.ParserTest)": ("expected:<1> but was:<2>", None, None),
            "ParserTest.writes": ("null", None, 206),
            "ReaderTest.reads": ("IO", None, 17),
        },
    ),
    (
        "gradle",
        GRADLE,
        {
            "org.shop.CartTest.isEmpty()": (
                "org.opentest4j.AssertionFailedError: expected: <0> but was: <1>",
                "CartTest.java",
                12,
            ),
            "CartTest.an empty cart costs nothing": (
                "java.lang.AssertionError at CartTest.groovy:9",
                "CartTest.groovy",
                9,
            ),
            "CartTest > Nested > adds(String) > [1] a": ("java.lang.IllegalStateException: full", None, None),
        },
    ),
    (
        "gradle's test logger",
        GRADLE_LOGGER,
        {"org.shop.ThemeTest.isLight()": ("java.lang.AssertionError: not light", "ThemeTest.java", 174)},
    ),
    ("ant", ANT, {"calls(org.shop.CallTest)": ("not the same", "CallTest.java", 96)}),
    ("ant's plain form", ANT_PLAIN, {"adds(org.shop.SumTest)": ("expected:<1> but was:<2>", None, None)}),
    (
        "junit's console",
        CONSOLE,
        {"CartTest:isEmpty()": ("org.opentest4j.AssertionFailedError: expected: <0> but was: <1>", None, None)},
    ),
    (
        "testng",
        TESTNG,
        {"org.shop.CartTest.isEmpty": ("java.lang.AssertionError: expected [0] but found [1]", None, None)},
    ),
    (
        "scalatest",
        SCALATEST,
        {
            "CartSpec: is empty": ("1 did not equal 0 (CartSpec.scala:12)", "CartSpec.scala", 12),
            "PaySpec: pays": ("java.util.concurrent.TimeoutException: 30 seconds", "Pay.scala", 3),
            "org.shop.QuietSpec": ("", None, None),
        },
    ),
    ("specs2", SPECS2, {"CartSpec: be empty": ("1 != 0 (CartSpec.scala:9)", "CartSpec.scala", 9)}),
    (
        "munit",
        MUNIT,
        {"org.shop.CartSuite.is empty": ("munit.ComparisonFailException: /w/CartSuite.scala:5", None, None)},
    ),
    ("sbt's junit", SBT_JUNIT, {"org.shop.CartTest.isEmpty": ("expected:<0> but was:<1>", None, None)}),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_printed_is_found(text: str, expected: Expected) -> None:
    tests = failing_tests_in(text.splitlines())
    assert {test.id: (test.message, test.file, test.line) for test in tests} == expected
    coloured = "".join(f"2026-01-02T03:04:05.0000006Z \x1b[31m{line}\x1b[0m\r\n" for line in text.splitlines())
    assert failing_tests_of(coloured.encode()) == tests


def test_frames_are_those_of_the_tests_own_packages() -> None:
    tests = {test.id: test.frames for test in failing_tests_in(SUREFIRE_NEW.splitlines())}
    assert tests["org.shop.CartTest.isEmpty"] == (
        "org.shop.Cart.check(Cart.java:30)",
        "org.shop.CartTest.isEmpty(CartTest.java:12)",
    )
