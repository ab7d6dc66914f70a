"""JUnit XML as real runners write it, and as nobody should: broken, huge, or made to do harm."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis import junit
from otto_bot.diagnosis.junit import failing_tests_in_xml, failing_tests_in_zip

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" tests="3">
<properties><property name="os" value="linux"/></properties>
<testcase classname="tests.shop.test_cart.TestCart" name="test_empty[a - b]" time="0.01">
<failure message="assert 1 == 0">self = &lt;TestCart&gt;

    def test_empty(self):
&gt;       assert size() == 0
E       assert 1 == 0

tests/shop/test_cart.py:12: in test_empty
    check()
shop/cart.py:4: AssertionError</failure></testcase>
<testcase classname="" name="tests.test_broken" time="0.0"><error message="collection failure">
tests/test_broken.py:1: in &lt;module&gt;
E   ImportError: no cart</error></testcase>
<testcase classname="tests.shop.test_cart" name="test_fine" time="0.0"><system-out>FAILED</system-out></testcase>
<testcase classname="tests.shop.test_cart" name="test_later">
<skipped message="later"/><failure message="as planned"/></testcase>
</testsuite></testsuites>"""
SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="org.shop.CartTest" tests="3">
<testcase name="isEmpty" classname="org.shop.CartTest" time="0.1">
<failure message="expected: 0 but was: 1" type="org.opentest4j.AssertionFailedError"><![CDATA[AssertionFailedError
\tat org.junit.jupiter.api.Assertions.fail(Assertions.java:1)
\tat org.shop.CartTest.isEmpty(CartTest.java:12)]]></failure>
<rerunFailure message="again" type="x"><stackTrace>y</stackTrace></rerunFailure></testcase>
<testcase name="sometimes" classname="org.shop.CartTest"><flakyFailure message="once" type="x"/></testcase>
<testcase name="throws" classname="org.shop.CartTest"><error type="java.io.IOException"/></testcase>
</testsuite>"""
RETRIED = """<testsuite name="org.shop.CartTest">
<testcase name="sometimes()" classname="org.shop.CartTest"><failure message="once"/></testcase>
<testcase name="sometimes()" classname="org.shop.CartTest"/>
<testcase name="never()" classname="org.shop.CartTest"><failure message="first"/></testcase>
<testcase name="never()" classname="org.shop.CartTest"><failure message="second"/></testcase>
</testsuite>"""
NESTED = """<testsuites><testsuite name="outer"><testsuite name="inner">
<testcase name="is empty" classname="Cart"><failure message="no"/></testcase></testsuite>
<testcase name="pays" classname="Cart"><failure>no bank</failure></testcase></testsuite></testsuites>"""


def one(suite: str, case: str, inside: str = '<failure message="no"/>') -> str:
    return f"<testsuites><testsuite {suite}><testcase {case}>{inside}</testcase></testsuite></testsuites>"


PHP_CASE = 'name="testEmpty" class="Shop\\CartTest" classname="Shop.CartTest" file="/w/tests/CartTest.php" line="11"'
GO = """<testsuites><testsuite name="example.com/shop">
<testcase classname="example.com/shop" name="TestCart"><failure message="Failed"/></testcase>
<testcase classname="example.com/shop" name="TestCart/empty"><failure message="Failed"/></testcase>
</testsuite></testsuites>"""
NEXTEST = """<testsuites name="nextest-run"><testsuite name="shop">
<testcase name="cart::empty" classname="shop"><failure/></testcase></testsuite></testsuites>"""
NAMES = {
    "vitest": (
        one('name="test/a.test.ts"', 'classname="test/a.test.ts" name="cart &gt; is empty"'),
        "test/a.test.ts > cart > is empty",
    ),
    "playwright": (one("", 'classname="a.spec.ts" name="cart › is empty"'), "a.spec.ts › cart › is empty"),
    "jest": (one('name="cart"', 'classname="cart is empty" name="cart is empty"'), "cart is empty"),
    "mocha": (one('name="cart"', 'classname="is empty" name="cart is empty"'), "cart is empty"),
    "node": (one("", 'classname="test" name="adds"'), "adds"),
    "rspec": (
        one('name="rspec"', 'classname="spec.cart_spec" name="Cart is empty" file="./spec/cart_spec.rb"'),
        "Cart is empty",
    ),
    "phpunit": (one("", PHP_CASE), "Shop\\CartTest::testEmpty"),
    "nextest": (NEXTEST, "shop cart::empty"),
    "exunit": (one("", 'classname="Elixir.Shop.CartTest" name="test is empty"'), "test is empty (Shop.CartTest)"),
    "ctest": (one('name="Linux"', 'name="cart" classname="cart"'), "cart"),
    "go": (GO, "example.com/shop.TestCart/empty"),
    "gtest": (one('name="Cart"', 'name="IsEmpty" classname="Cart"'), "Cart.IsEmpty"),
    "dotnet": (one("", 'classname="Shop.CartTests" name="IsEmpty(n: 1)"'), "Shop.CartTests.IsEmpty(n: 1)"),
}


def zipped(**files: str | bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return data.getvalue()


def ids(data: bytes) -> list[str]:
    return [test.id for test in failing_tests_in_xml(data)]


def test_pytest() -> None:
    failed, module = failing_tests_in_xml(PYTEST.encode())
    assert failed.id == "tests/shop/test_cart.py::TestCart::test_empty[a - b]"
    assert (failed.message, failed.file, failed.line) == ("assert 1 == 0", "shop/cart.py", 4)
    assert failed.frames == ("shop/cart.py:4", "tests/shop/test_cart.py:12 test_empty")
    assert (module.id, module.message, module.file) == (
        "tests/test_broken.py",
        "ImportError: no cart",
        "tests/test_broken.py",
    )


def test_a_flaky_test_does_not_fail_and_one_that_failed_again_does() -> None:
    tests = {test.id: test for test in failing_tests_in_xml(SUREFIRE.encode())}
    assert list(tests) == ["org.shop.CartTest.isEmpty", "org.shop.CartTest.throws"]
    failed = tests["org.shop.CartTest.isEmpty"]
    assert (failed.message, failed.file, failed.line) == ("expected: 0 but was: 1", "CartTest.java", 12)
    assert failed.frames == ("org.shop.CartTest.isEmpty(CartTest.java:12)",)
    assert tests["org.shop.CartTest.throws"].message == "java.io.IOException"
    assert ids(RETRIED.encode()) == ["org.shop.CartTest.never()"]


def test_suites_may_stand_in_suites() -> None:
    assert [(test.id, test.message) for test in failing_tests_in_xml(NESTED.encode())] == [
        ("Cart.is empty", "no"),
        ("Cart.pays", "no bank"),
    ]


@pytest.mark.parametrize(("text", "name"), NAMES.values(), ids=NAMES)
def test_a_test_is_called_as_in_its_runners_log(text: str, name: str) -> None:
    assert ids(text.encode()) == [name]


def test_a_place_the_report_gives_is_kept() -> None:
    (test,) = failing_tests_in_xml(NAMES["phpunit"][0].encode())
    assert (test.file, test.line) == ("/w/tests/CartTest.php", 11)


@pytest.mark.parametrize(
    "data",
    [
        SUREFIRE.encode("utf-16"),
        b"\xef\xbb\xbf" + SUREFIRE.encode(),
        SUREFIRE.replace("UTF-8", "windows-1252").encode("cp1252"),
        SUREFIRE.replace("UTF-8", "klingon").encode(),
        SUREFIRE.replace("but was", "b\xfct was").encode("latin-1"),
        SUREFIRE.replace("org.junit.jupiter.api", "\x1b[31m&#27;&#x0;").encode(),
        SUREFIRE[: SUREFIRE.index("</testsuite>")].encode(),
    ],
    ids=["utf-16", "mark", "cp1252", "unknown encoding", "wrong encoding", "control characters", "broken off"],
)
def test_a_damaged_report_is_still_read(data: bytes) -> None:
    assert ids(data) == ["org.shop.CartTest.isEmpty", "org.shop.CartTest.throws"]


def test_a_report_that_breaks_off_in_a_failure_names_it() -> None:
    assert ids(SUREFIRE[: SUREFIRE.index("jupiter")].encode()) == ["org.shop.CartTest.isEmpty"]


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    "text",
    [
        f"<!DOCTYPE testsuites [{LAUGHS}]>" + one("", 'name="x"', "<failure>&a11;</failure>"),
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + one("", 'name="x"', "<failure>&e;</failure>"),
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + one("", 'name="x"'),
        "<project><testsuite/></project>",
        "<html><body><testsuite></body></html>",
        "<testsuite>" * 500_000,
        "",
        "\x00" * 100,
        "<testsuite",
    ],
    ids=["laughs", "file", "document type", "another root", "html", "deep", "empty", "zeros", "cut"],
)
def test_what_is_no_report_or_would_do_harm_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    assert failing_tests_in_xml(text.encode()) == ()
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: b'<testsuite><testcase name="' + b"a" * 20_000_000 + b'"><failure/></testcase></testsuite>',
        lambda: b"<testsuite>" + b'<testcase name="q" classname="x"/>' * 20_000 + b"</testsuite>",
        lambda: b'<testsuite><testcase name="q"><failure>' + b"line of output\n" * 500_000 + b"</failure>",
        lambda: b"<testsuite>" + b'<testcase name="q"><failure/></testcase>' * 10_000 + b"</testsuite>",
        lambda: b"<testsuite>" + b"".join(b'<testcase name="%d"><failure/></testcase>' % n for n in range(10_000)),
    ],
    ids=["attribute", "cases", "text", "same", "failures"],
)
def test_a_huge_report_takes_little_memory(make: object) -> None:
    assert callable(make)
    data = make()
    tracemalloc.start()
    tests = failing_tests_in_xml(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(tests) <= 500
    assert peak < 12_000_000


def test_reports_in_an_archive() -> None:
    data = zipped(
        a__TEST_one_xml=SUREFIRE, b__junit_xml=PYTEST, pom_xml="<project/>", notes=SUREFIRE, c__junit_xml="<testsuite"
    )
    assert sorted(test.id for test in failing_tests_in_zip(data)) == [
        "org.shop.CartTest.isEmpty",
        "org.shop.CartTest.throws",
        "tests/shop/test_cart.py::TestCart::test_empty[a - b]",
        "tests/test_broken.py",
    ]


def test_a_bomb_in_an_archive_is_bounded_and_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "ZIP_LIMIT", 20_000_000)
    bomb = b"<testsuite>" + b" " * 15_000_000 + RETRIED.encode().replace(b"never", b"unread") + b"</testsuite>"
    data = zipped(a_xml=bomb, b_xml=bomb, c_xml=bomb, z_xml=RETRIED)
    assert len(data) < 200_000
    tracemalloc.start()
    tests = failing_tests_in_zip(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [test.id for test in tests] == ["org.shop.CartTest.never()", "org.shop.CartTest.unread()"]
    assert peak < 8_000_000


ARCHIVE = zipped(a__junit_xml=SUREFIRE, b__junit_xml=PYTEST)


@given(st.integers(0, len(ARCHIVE)), st.integers(0, len(ARCHIVE) - 1), st.binary(max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_never_raises(cut: int, at: int, noise: bytes) -> None:
    damaged = (ARCHIVE[:at] + noise + ARCHIVE[at + len(noise) :])[:cut]
    assert len(failing_tests_in_zip(damaged)) <= 500


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_report_never_raises(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([PYTEST, SUREFIRE, RETRIED, NESTED, GO])).encode()
    at = data.draw(st.integers(0, len(source)))
    noise = data.draw(
        st.binary(max_size=30) | st.sampled_from([b"</testsuite>", b"<testcase", b"<failure>", b"&#0;", b"]]>"])
    )
    assert len(failing_tests_in_xml(source[:at] + noise + source[at:])) <= 10
