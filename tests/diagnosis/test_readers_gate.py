"""The gate before the readers: what it lets through, where pieces of a log meet, and what it withstands."""

from __future__ import annotations

import mmap
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis import tests_found
from otto_bot.diagnosis.readers_jvm import short
from otto_bot.diagnosis.tests_found import MOST, PIECE, READERS, TestsFound, failing_tests_in, failing_tests_of, merged

PYTEST = """\
=================================== FAILURES ===================================
__________________________________ test_empty __________________________________
shop/cart.py:4: in size
    raise RuntimeError
E   RuntimeError: no cart
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_empty - RuntimeError: no cart
"""
GO = """\
=== RUN   TestCart
    cart_test.go:14: want 1
--- FAIL: TestCart (0.00s)
FAIL
FAIL\texample.com/shop\t0.012s
"""
MOCHA = """\
  1 failing

  1) Cart
       is empty:
     Error: no cart
      at Context.<anonymous> (test/cart.js:12:10)
"""
SUREFIRE = """\
[ERROR] org.shop.CartTest.isEmpty -- Time elapsed: 0.011 s <<< FAILURE!
java.lang.AssertionError: no cart
\tat org.shop.CartTest.isEmpty(CartTest.java:12)
"""
FILLER = "Downloading something of no interest (12.3 kB)\n"
MARKS = sorted({mark for make in READERS for mark in make.marks})
WORDS = sorted({word for make in READERS for word in getattr(make, "words", ())} | set(MARKS))


def test_every_mark_holds_a_coarse_word_and_stands_near_it() -> None:
    for mark in MARKS:
        words = [word for word in tests_found._COARSE if word in mark]
        assert words, mark
        assert len(mark.encode()) <= tests_found._AROUND, mark


@pytest.mark.parametrize("text", [PYTEST, GO, MOCHA, SUREFIRE], ids=["pytest", "go", "mocha", "surefire"])
def test_where_pieces_meet_nothing_is_lost(text: str) -> None:
    (expected,) = failing_tests_in(text.splitlines())
    assert expected.message
    assert expected.file
    for before in range(PIECE - len(text) - 60, PIECE + 60, 23):
        start = (FILLER * (before // len(FILLER) + 1))[:before].rsplit("\n", 1)[0] + "\n"
        assert failing_tests_of((start + text + FILLER * 900).encode()) == (expected,), before


def test_details_far_below_their_heading_are_found() -> None:
    shown = PYTEST.replace("E   Runtime", "    x = 1\n" * 20_000 + "E   Runtime")
    (test,) = failing_tests_of(shown.encode())
    assert (test.message, test.file) == ("RuntimeError: no cart", "shop/cart.py")


def test_only_the_asked_part_is_read(tmp_path: Path) -> None:
    log = (PYTEST + FILLER * 1000 + GO).encode()
    at = log.index(b"=== RUN")
    assert [test.id for test in failing_tests_of(log, at, first_line=1008)] == ["example.com/shop.TestCart"]
    assert [test.id for test in failing_tests_of(log, 0, at)] == ["tests/test_cart.py::test_empty"]
    path = tmp_path / "log"
    path.write_bytes(log)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert failing_tests_of(mapped) == failing_tests_of(log)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
def test_line_ends(end: str) -> None:
    log = (FILLER * 500 + PYTEST + FILLER * 500).replace("\n", end)
    assert [test.id for test in failing_tests_of(log.encode())] == ["tests/test_cart.py::test_empty"]


def test_lines_may_be_fed_one_by_one() -> None:
    found = TestsFound()
    for line in (FILLER * 1000 + PYTEST + FILLER * 1000 + GO).splitlines():
        found.feed(line)
    assert [test.id for test in found.result()] == ["tests/test_cart.py::test_empty", "example.com/shop.TestCart"]
    assert found.result() == found.result()


def test_mentions_of_a_test_are_joined() -> None:
    (first,) = failing_tests_in(["[ERROR] Failures:", "[ERROR] a(org.shop.CartTest): no cart"])
    (second,) = failing_tests_in(
        ["org.shop.CartTest > a FAILED", "    x.Error: y", "        at org.shop.C.a(C.java:1)"]
    )
    (joined,) = merged([first, second])
    assert (joined.id, joined.message, joined.file, joined.line) == ("a(org.shop.CartTest)", "no cart", "C.java", 1)
    assert joined.frames == ("org.shop.C.a(C.java:1)",)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("org.shop.CartTest.adds", "CartTest.adds"),
        ("adds(org.shop.CartTest)", "CartTest.adds"),
        ("run[5: a(b=c.d)](org.[x].CartTest)", "CartTest.run[5: a(b=c.d)]"),
        ("org.shop.CartTest.adds(java.lang.String)[1]", "CartTest.adds(java.lang.String)[1]"),
    ],
)
def test_a_java_test_has_one_short_name(name: str, key: str) -> None:
    assert short(name) == key


PROSE = """\
##[error]Process completed with exit code 1.
Error: failed to push some refs to 'https://example.com/x'
FAILED to fetch https://example.com: not ok
npm ERR! Test failed.  See above for more details.
error: test failed, to rerun pass `--lib`
make: *** [Makefile:3: test] Error 1
FAIL
FAILURE: Build failed with an exception.
> Task :app:compileKotlin FAILED
BUILD FAILED in 3s
✖ 12 problems (3 errors, 9 warnings)
  12:3  error  'x' is not defined  no-undef
● Validation Warning:
● docker.service - Docker
src/main.c:12:3: error: expected ';' before '}' token
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.0:test (default-test) on project x
[ERROR] /w/src/Main.java:[12,3] cannot find symbol
1) install node
ERROR: no matching distribution found for x
test result: ok. 12 passed; 0 failed; 0 ignored
Tests run: 12, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1.2 s - in org.shop.CartTest
__ a heading __
"""


def test_what_only_sounds_like_a_test_is_none() -> None:
    assert failing_tests_of(PROSE.encode()) == ()


def test_memory_does_not_grow_with_the_log() -> None:
    part = (FILLER * 5_000 + "".join(PYTEST.replace("empty", f"empty{n}") + GO for n in range(100))).encode()
    log = part * 8
    tracemalloc.start()
    tests = failing_tests_of(log)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(tests) == 101
    assert peak < 8_000_000


def test_a_line_without_end_is_cut() -> None:
    log = b"FAILED tests/test_a.py::test_x - " + b"AssertionError " * 400_000 + b"\n" + PYTEST.encode()
    tests = failing_tests_of(log)
    assert [test.id for test in tests] == ["tests/test_a.py::test_x", "tests/test_cart.py::test_empty"]
    assert all(len(test.message) <= 500 for test in tests)


LINES = st.one_of(
    st.tuples(st.text(max_size=12), st.sampled_from(WORDS), st.text(max_size=30)).map("".join),
    st.sampled_from([*PYTEST.splitlines(), *GO.splitlines(), *MOCHA.splitlines(), *SUREFIRE.splitlines()]),
    st.sampled_from(
        ["  1) x", "Failures:", "  a:", "-" * 79, "=" * 70, "", "     ", "1) a::b", "not ok 1 - a", "    at x"]
    ),
    st.text(max_size=40),
)


@given(st.lists(LINES, max_size=40))
@settings(max_examples=120, deadline=None)
def test_mixed_lines_never_raise(texts: list[str]) -> None:
    for test in failing_tests_in(texts):
        assert test.id
        assert len(test.id) <= 1200
        assert len(test.message) <= 500
        assert len(test.frames) <= 3


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([word.encode() for word in WORDS]), max_size=40),
    st.binary(max_size=3),
)
@settings(max_examples=120, deadline=None)
def test_random_bytes_never_raise(parts: list[bytes], between: bytes) -> None:
    assert len(failing_tests_of(between.join(parts))) <= MOST


@given(
    st.sampled_from(WORDS),
    st.sampled_from(["a", "a.", "(", "[", " ", "a ", ":", "/", "\t", "::", "> ", ".a(", "-", "'"]),
)
@settings(max_examples=100, deadline=2000)
def test_no_line_takes_long(word: str, unit: str) -> None:
    line = word + unit * 4000 + word
    assert len(failing_tests_in([line, line + "!", line])) <= 3 * len(READERS)
