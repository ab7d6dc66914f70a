"""What of a line changes from run to run, and what stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.diagnosis.masks import key_of_test, normalised

SAME = [
    ("took 1.23s", "took 1m 3s"),
    ("took 1.23s", "took 2 minutes and 3 seconds"),
    ("Finished in 12 ms", "Finished in 3 s"),
    ("read 12 MB of 3.4 GiB", "read 900 kB of 1 GiB"),
    ("at 2026-01-02T03:04:05.123Z", "at 2025-12-31 23:59:59"),
    ("done Jul 29, 2026 9:41:55 PM", "done Dec 1, 2025 10:00:01 AM"),
    ("Mon Jan 12 15:04:05 UTC 2026 boom", "Tue Feb 3 01:02:03 CET 2026 boom"),
    ("[12:01:02] boom", "[9:41:55.123] boom"),
    ("object at 0x7f00aa", "object at 0x1"),
    ("Foo@1a2b3c4d is null", "Foo@99887766 is null"),
    ("/tmp/pytest-of-x/pytest-0/a.db is locked", "/tmp/tmpab12cd is locked"),
    ("/private/var/folders/bb/n7/T/x1: denied", "/tmp/y: denied"),
    ("/home/runner/work/r/r/src/a.py:12: boom", "/__w/r/r/src/a.py:99: boom"),
    ("cannot write to /builds/group/r", "cannot write to /home/runner/work/r/r"),
    ("D:\\a\\r\\r\\src\\a.cs(12,3): error CS1002: x", "/builds/group/r/src/a.cs(1,33): error CS1002: x"),
    ("/opt/hosted/checkout/src/app/a.py:12: boom", "src/app/a.py:13: boom"),
    ("/home/x/.rvm/gems/ruby-2.2.6/gems/rake-1.0.0.rc1/lib/a.rb:3", "/opt/ruby-3.1/gems/rake-13.2.1/lib/a.rb:99"),
    ("deps/jemalloc-754a2cc36ac04a65.rlib", "deps/jemalloc-99cc36ac04a65aaa.rlib"),
    ("commit 1a2b3c4d5e6f is bad", "commit ffeeddccbbaa00112233445566778899aabbccd0 is bad"),
    ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-0000-4000-8000-000000000000"),
    ("request EEzO8IglLjcaSou9gaHshFd7bKK: no", "request aaB2cc9ZZkJh1sQs7u4zIWBTRx: no"),
    ("port 51234 in use", "port 4 in use"),
    ("connect 127.0.0.1:5432 refused", "connect 10.0.12.7:81 refused"),
    ("listen fe80::1:2:3:4 refused", "listen 2001:db8:1:2:3:4:5:6 refused"),
    ("Randomized with seed 12345", "Randomized with seed 9"),
    ("[seed: C0FFEE12:AA]", "[seed: DEADBEEF]"),
    ("could not find lib 1.2.3", "could not find lib 2.0.0-rc.1"),
    ("12 failed,  3 passed", "1 failed, 30 passed"),
    ("....................F", "...F"),
]
OTHER = [
    ("No module named 'flask'", "No module named 'django'"),
    ("AssertionError", "KeyError"),
    ("src/a.py:1: boom", "src/b.py:1: boom"),
    ("deadbee is no hash without a digit", "facade is none either"),
    ("GET https://a.example/x failed", "GET https://b.example/x failed"),
    ("cannot find symbol Foo", "cannot find symbol Bar"),
    ("may not be null", "May not be null"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_changes_from_run_to_run_does_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("test_x[0x7f00aa]", "test_x[0x1]", True),
        ("/home/runner/work/r/r/tests/a.py::test_x", "tests/a.py::test_x", True),
        ("test_1", "test_2", False),
        ("test_x[8080]", "test_x[9090]", False),
        ("pkg/a.TestX", "other/pkg/a.TestX", False),
    ],
)
def test_a_test_is_known_by_its_name(one: str, other: str, same: bool) -> None:
    assert (key_of_test(one) == key_of_test(other)) is same


@given(
    st.sampled_from(
        ["port {} in use", "E   assert {} == x", "src/a.py:{}: boom", "a {} b {}", "/opt/v{}/lib/a.so: bad"]
    ),
    st.integers(min_value=0),
    st.integers(min_value=0),
)
def test_a_number_never_counts(form: str, one: int, other: int) -> None:
    assert normalised(form.format(one, other)) == normalised(form.format(other, one))


@given(st.text(max_size=400))
def test_any_text_is_masked(text: str) -> None:
    masked = normalised(text)
    assert masked == normalised(text)
    assert not any(letter in "0123456789" for letter in masked)


@pytest.mark.parametrize("unit", ["1", "a1", "1:", "/", "a/", "1.", "Jan 1 ", "0a1b", "-", "A1b-", "1s,", "seed:"])
def test_a_long_line_takes_no_long_time(unit: str) -> None:
    before = time.process_time()
    normalised(unit * (4000 // len(unit)))
    assert time.process_time() - before < 1.0
