"""What Python's runners print, and plain-language scenarios: one small log a form, in the tool's own format."""

from __future__ import annotations

import pytest

from otto_bot.diagnosis.tests_found import failing_tests_in, failing_tests_of

PYTEST = """\
============================= test session starts ==============================
tests/test_cart.py F.E                                                   [100%]

==================================== ERRORS ====================================
_________________ ERROR at setup of TestCart.test_empty[a - b] _________________
conftest.py:11: in store
    return connect(url)
shop/store.py:4: in connect
    raise ConnectionError(url)
E   ConnectionError: memory://
=================================== FAILURES ===================================
_____________________________ test_total[1 item] _______________________________

    def test_total(n):
>       assert total([3]) == 4
E       assert 3 == 4
E        +  where 3 = total([3])

tests/test_cart.py:8: AssertionError
----------------------------- Captured stdout call -----------------------------
____________________ not a header, the width is another ____________________
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total[1 item] - assert 3 == 4
ERROR tests/test_cart.py::TestCart::test_empty[a - b] - ConnectionError: memory://
========================= 1 failed, 1 passed, 1 error in 0.12s =================
"""
PASSES = """\
==================================== PASSES ====================================
__________________________________ test_fine ___________________________________
E   only printed
tests/test_a.py:3: Error
"""
NO_SUMMARY = """\
=================================== FAILURES ===================================
_______________________________ node[Redirect] _________________________________
kit/harness.py:30: in test
    r.check()
kit/harness.py:25: in check
    assert r.status == 200
E   AssertionError: 301
=========================== 1 failed in 3.00s ==================================
"""
XDIST = """\
[gw0] [ 50%] FAILED tests/test_a.py::test_one
tests/test_a.py::TestB::test_two FAILED                                  [100%]
tests/test_c.py::test_three <- tests/base.py FAILED                      [100%]
"""
OLD_SUMMARY = """\
=========================== short test summary info ============================
FAIL tests/unit/test_keys.py::KeyTest::test_up
"""
SUBTESTS = """\
=========================== short test summary info ============================
SUBFAILED[n=1] tests/test_s.py::test_many - assert 1 == 2
SUBFAIL tests/test_s.py::T::test_other - AssertionError
"""
COLLECTING = """\
==================================== ERRORS ====================================
_____________________ ERROR collecting tests/test_grid.py ______________________
import file mismatch:
imported module 'test_grid' has this __file__ attribute:
  /w/a/tests/test_grid.py
"""
SUGAR = """\
―――――――――――――――――――――――――――――― TestA.test_sweet ―――――――――――――――――――――――――――――――

E       assert 0

tests/test_sweet.py:4: AssertionError
FAILED tests/test_sweet.py::TestA::test_sweet - assert 0
"""
UNITTEST_OLD = """\
test_index (shop.tests.CartTest) ... ERROR
======================================================================
ERROR: test_index (shop.tests.CartTest)
One line of a docstring
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/w/shop/tests.py", line 9, in test_index
    cart()[0]
  File "/usr/lib/python3.8/unittest/mock.py", line 1, in x
    pass
IndexError: list index out of range

======================================================================
FAIL: test_names('a.json', ...) (shop.tests.NameTest)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/w/shop/tests.py", line 19, in check
    self.assertEqual(1, 2)
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 2 tests in 0.1s

FAILED (failures=1, errors=1)
"""
UNITTEST_IMPORT = """\
======================================================================
ERROR: shop.test_x (unittest.loader._FailedTest.shop.test_x)
----------------------------------------------------------------------
ImportError: Failed to import test module: shop.test_x
======================================================================
ERROR: setUpClass (shop.tests.DbTest)
----------------------------------------------------------------------
Traceback (most recent call last):
OSError: no db
"""
NOSE = """\
======================================================================
FAIL: pkg.tests.test_sums.test_add
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/w/pkg/tests/test_sums.py", line 3, in test_add
AssertionError
-------------------- >> begin captured logging << --------------------
ERROR: root: only logged
--------------------- >> end captured logging << ---------------------

======================================================================
ERROR: Failure: ImportError (No module named 'ten')
----------------------------------------------------------------------
Traceback (most recent call last):
ImportError: No module named 'ten'
"""
TRIAL = """\
===============================================================================
[FAIL]
Traceback (most recent call last):
  File "/w/net/test/test_wire.py", line 7, in test_send
    self.assertEqual(1, 2)
twisted.trial.unittest.FailTest: not equal:

net.test.test_wire.WireTests.test_send
-------------------------------------------------------------------------------
"""
STESTR = "{0} net.tests.test_api.ApiTest.test_get [0.10s] ... FAILED\n"
BEHAVE = """\
Failing scenarios:
  features/cart.feature:12  An empty cart costs nothing

0 features passed, 1 failed, 0 skipped
"""
CUCUMBER = """\
Failing Scenarios:
cucumber features/cart.feature:12 # Scenario: An empty cart costs nothing
cucumber -p ci features/pay.feature:3 # Scenario Outline: Paying, Examples (#1)
"""
BEHAT = """\
--- Failed scenarios:

    features/cart.feature:12

1 scenario (1 failed)
"""
ROBOT = "Log in with a wrong password :: Shows a hint                 | FAIL |\nexpected a hint\n"

TABLE: list[tuple[str, str, dict[str, tuple[str, str | None, int | None]]]] = [
    (
        "pytest",
        PYTEST,
        {
            "tests/test_cart.py::test_total[1 item]": ("assert 3 == 4", "tests/test_cart.py", 8),
            "tests/test_cart.py::TestCart::test_empty[a - b]": ("ConnectionError: memory://", "shop/store.py", 4),
        },
    ),
    ("pytest's passes", PASSES, {}),
    ("pytest without a summary", NO_SUMMARY, {"node[Redirect]": ("AssertionError: 301", "kit/harness.py", 25)}),
    (
        "xdist and verbose results",
        XDIST,
        {
            "tests/test_a.py::test_one": ("", "tests/test_a.py", None),
            "tests/test_a.py::TestB::test_two": ("", "tests/test_a.py", None),
            "tests/test_c.py::test_three": ("", "tests/test_c.py", None),
        },
    ),
    (
        "pytest's old summary",
        OLD_SUMMARY,
        {"tests/unit/test_keys.py::KeyTest::test_up": ("", "tests/unit/test_keys.py", None)},
    ),
    (
        "subtests",
        SUBTESTS,
        {
            "tests/test_s.py::test_many": ("assert 1 == 2", "tests/test_s.py", None),
            "tests/test_s.py::T::test_other": ("AssertionError", "tests/test_s.py", None),
        },
    ),
    ("a module that cannot be collected", COLLECTING, {"tests/test_grid.py": ("import file mismatch:", None, None)}),
    (
        "pytest-sugar",
        SUGAR,
        {"tests/test_sweet.py::TestA::test_sweet": ("assert 0", "tests/test_sweet.py", 4)},
    ),
    (
        "unittest",
        UNITTEST_OLD,
        {
            "shop.tests.CartTest.test_index": ("IndexError: list index out of range", "/w/shop/tests.py", 9),
            "test_names('a.json', ...) (shop.tests.NameTest)": ("AssertionError: 1 != 2", "/w/shop/tests.py", 19),
        },
    ),
    (
        "unittest's imports and fixtures",
        UNITTEST_IMPORT,
        {
            "shop.test_x": ("ImportError: Failed to import test module: shop.test_x", None, None),
            "shop.tests.DbTest.setUpClass": ("OSError: no db", None, None),
        },
    ),
    (
        "nose",
        NOSE,
        {
            "pkg.tests.test_sums.test_add": ("AssertionError", "/w/pkg/tests/test_sums.py", 3),
            "Failure: ImportError (No module named 'ten')": ("ImportError: No module named 'ten'", None, None),
        },
    ),
    (
        "trial",
        TRIAL,
        {
            "net.test.test_wire.WireTests.test_send": (
                "twisted.trial.unittest.FailTest: not equal:",
                "/w/net/test/test_wire.py",
                7,
            )
        },
    ),
    ("stestr", STESTR, {"net.tests.test_api.ApiTest.test_get": ("", None, None)}),
    ("behave", BEHAVE, {"An empty cart costs nothing": ("", "features/cart.feature", 12)}),
    (
        "cucumber",
        CUCUMBER,
        {
            "An empty cart costs nothing": ("", "features/cart.feature", 12),
            "Paying, Examples (#1)": ("", "features/pay.feature", 3),
        },
    ),
    ("behat", BEHAT, {"features/cart.feature:12": ("", "features/cart.feature", 12)}),
    ("robot", ROBOT, {"Log in with a wrong password": ("expected a hint", None, None)}),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_printed_is_found(text: str, expected: dict[str, tuple[str, str | None, int | None]]) -> None:
    tests = failing_tests_in(text.splitlines())
    assert {test.id: (test.message, test.file, test.line) for test in tests} == expected
    coloured = "".join(f"2026-01-02T03:04:05.0000006Z \x1b[31m{line}\x1b[0m\r\n" for line in text.splitlines())
    assert failing_tests_of(coloured.encode()) == tests


def test_frames_are_the_projects_own_nearest_first() -> None:
    tests = {test.id: test.frames for test in failing_tests_in((PYTEST + UNITTEST_OLD).splitlines())}
    assert tests["tests/test_cart.py::TestCart::test_empty[a - b]"] == (
        "shop/store.py:4 connect",
        "conftest.py:11 store",
    )
    assert tests["shop.tests.CartTest.test_index"] == ("/w/shop/tests.py:9 test_index",)
