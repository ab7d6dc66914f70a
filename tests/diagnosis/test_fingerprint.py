"""What does and does not change a fingerprint: of failures as values, and of whole logs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.evidence import Cause, FailingTest
from otto_bot.diagnosis.diagnose import read
from otto_bot.diagnosis.fingerprint import fingerprint, fingerprint_of, key_of
from otto_bot.diagnosis.keylines import MOST, Says, key_lines, says
from otto_bot.diagnosis.models import Annotation, CheckedJob

PYTEST = """\
============================= test session starts ==============================
collected 3 items

tests/test_shop.py F.F                                                   [100%]

=================================== FAILURES ===================================
___________________________________ test_sum ___________________________________

    def test_sum():
>       assert total([{n}]) == 4
E       assert {n} == 4

/home/runner/work/shop/shop/tests/test_shop.py:{n}: AssertionError
___________________________________ test_pay ___________________________________

    def test_pay():
>       pay()
E       ConnectionError: port {n} of {path}/data/shop.db is closed (object at 0x{hex})

tests/test_shop.py:{n}: ConnectionError
=========================== short test summary info ============================
FAILED tests/test_shop.py::test_sum - assert {n} == 4
FAILED tests/test_shop.py::test_pay - ConnectionError: port {n} of {path}/data/shop.db is closed (object at 0x{hex})
========================= 2 failed, {n} passed in {n}.12s =========================
"""
CARGO = """\
   Compiling shop v0.{n}.0 ({path})
error[E0425]: cannot find value `{name}_total` in this scope
  --> src/{name}.rs:{n}:5
   |
{n} |     {name}_total
   |     ^^^^^ not found in this scope

error: could not compile `shop` (bin "shop") due to {n} previous errors
"""
MAVEN = """\
[INFO] Compiling {n} source files to {path}/target/classes
[ERROR] COMPILATION ERROR :
[ERROR] {path}/src/main/java/shop/{name}.java:[{n},12] cannot find symbol
  symbol:   class Money
[INFO] BUILD FAILURE
[INFO] Total time:  {n}.3 s
[INFO] Finished at: 2026-11-22T21:{m}:00Z
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.{n}.1:compile (default-compile) on \
project shop: Compilation failure
[ERROR] {path}/src/main/java/shop/{name}.java:[{n},12] cannot find symbol
[ERROR] -> [Help 1]
[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.
"""
PLAIN = """\
checking the words of the list
the words {name} and apple are not in order, see {path}/lists/en/words.txt
make: *** [Makefile:{n}: check] Error 1
"""
LOGS = {"pytest": PYTEST, "cargo": CARGO, "maven": MAVEN, "plain": PLAIN}
FIRST = {"n": 7, "m": 10, "hex": "7f00aa", "path": "/home/runner/work/shop/shop", "name": "cart"}


def of_text(log: str, **changes: Any) -> str:
    return fingerprint_of([read(job(log, **changes))])


def job(log: str | None, name: str = "test", **changes: Any) -> CheckedJob:
    raw = None if log is None else log.encode("utf-8", "surrogatepass")
    return CheckedJob(**{"id": 1, "name": name, "workflow": "CI", "conclusion": "failure", "log": raw, **changes})


def in_actions(log: str) -> str:
    """The log as GitHub hands it out."""
    head = "##[group]Run make check\nmake check\n##[endgroup]\n"
    text = f"{head}{log}##[error]Process completed with exit code 2.\nPost job cleanup.\n"
    return "".join(f"2026-11-22T21:00:{i % 60:02}.1234567Z {line}\n" for i, line in enumerate(text.splitlines()))


@pytest.mark.parametrize("kind", LOGS)
@settings(max_examples=8, deadline=None)
@given(
    n=st.integers(min_value=1, max_value=99_999),
    m=st.integers(min_value=10, max_value=59),
    address=st.integers(min_value=0, max_value=2**48),
    path=st.sampled_from(["/home/runner/work/shop/shop", "/__w/shop/shop", "/builds/g/shop", "/opt/a/b1", "/b"]),
)
def test_numbers_addresses_and_places_in_a_log_never_count(kind: str, n: int, m: int, address: int, path: str) -> None:
    first = of_text(LOGS[kind].format(**FIRST))
    again = of_text(LOGS[kind].format(n=n, m=m, hex=f"{address:x}", path=path, name="cart"))
    assert again == first


@pytest.mark.parametrize("kind", ["cargo", "maven", "plain"])
def test_another_file_or_word_is_another_failure(kind: str) -> None:
    assert of_text(LOGS[kind].format(**FIRST)) != of_text(LOGS[kind].format(**{**FIRST, "name": "order"}))


@pytest.mark.parametrize("kind", LOGS)
def test_the_same_log_in_actions_form_is_the_same_failure(kind: str) -> None:
    log = LOGS[kind].format(**FIRST)
    assert of_text(in_actions(log)) == of_text(log)


def test_kinds_of_failure_are_told_apart() -> None:
    assert len({of_text(log.format(**FIRST)) for log in LOGS.values()}) == len(LOGS)


def test_the_order_of_failing_tests_does_not_count() -> None:
    lines = [f"FAILED tests/test_a.py::test_{word} - KeyError: 'x'" for word in ("one", "two", "three")]
    assert of_text("\n".join(lines)) == of_text("\n".join(reversed(lines)))
    assert of_text("\n".join(lines)) != of_text("\n".join(lines[:2]))


def test_the_same_failure_in_another_job_is_the_same() -> None:
    log = CARGO.format(**FIRST)
    assert of_text(log, name="test (3.11)") == of_text(log, name="test (3.12)") == of_text(log, name="build")


def test_a_runner_lost_beside_a_real_failure_does_not_count() -> None:
    real = read(job(PYTEST.format(**FIRST)))
    lost = read(job("##[error]The runner has received a shutdown signal.\n", "other"))
    assert lost.finding.cause is Cause.INFRA
    assert fingerprint_of([real, lost]) == fingerprint_of([lost, real]) == fingerprint_of([real])
    assert fingerprint_of([lost]) != fingerprint_of([real])


def test_a_runner_lost_is_the_same_whatever_ran() -> None:
    lost = "##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped.\n"
    logs = [f"{words}\n{lost}" for words in ("compiling a", "error: something else in b.c:1:2")]
    assert of_text(logs[0], name="a") == of_text(logs[1], name="b")


def test_a_job_that_hangs_is_the_same_wherever_it_stood() -> None:
    def hanging(words: str, name: str) -> str:
        return of_text(f"{words}\n##[error]The operation was canceled.\n", name=name, conclusion="timed_out")

    assert hanging("line one of a", "test (3.11)") == hanging("another line", "test (3.12)")
    assert hanging("line one of a", "test") != hanging("line one of a", "lint")


@pytest.mark.parametrize("kind", ["pytest", "cargo", "maven"])
@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "Downloading shop-1.2.tar.gz (12 kB)",
                "Collecting flask",
                "[INFO] Scanning for projects...",
                "added 12 packages in 3s",
                "warning: unused variable",
                "Requirement already satisfied: pip",
                "Step 3/7 : RUN make",
                "",
            ]
        ),
        max_size=30,
    )
)
def test_what_the_setup_prints_does_not_count(kind: str, setup: list[str]) -> None:
    log = LOGS[kind].format(**FIRST)
    assert of_text("\n".join([*setup, "", log])) == of_text(log)


def test_without_a_log_its_annotations_speak() -> None:
    def noted(message: str) -> str:
        note = Annotation(path="src/a.py", line=3, message=message)
        return fingerprint_of([read(job(None, annotations=(note,), steps=()))])

    assert noted("error: a is 1") == noted("error: a is 2")


@pytest.mark.parametrize("log", ["", "\n\n", "x", "\ufffd" * 50, "ok\n" * 5])
def test_any_log_has_a_fingerprint(log: str) -> None:
    assert len(of_text(log)) == 16


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=600))
def test_any_text_has_one_fingerprint(text: str) -> None:
    assert of_text(text) == of_text(text)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_have_one_fingerprint(log: bytes) -> None:
    told = [fingerprint_of([read(job(None).model_copy(update={"log": log}))]) for _ in range(2)]
    assert told[0] == told[1]


def test_an_error_that_the_runner_marks_is_the_same_error() -> None:
    assert key_lines(["##[error]a.c:3:4: error: no b"]) == key_lines(["a.c:5:6: error: no b"])


def test_the_key_is_readable() -> None:
    key = key_of([read(job(PYTEST.format(**FIRST)))])
    assert [line.split(" | ")[0] for line in key] == ["tests/test_shop.py::test_pay", "tests/test_shop.py::test_sum"]
    assert any("ConnectionError: port <n> of" in line for line in key)


def test_order_and_number_of_mentions_do_not_count() -> None:
    a, b = FailingTest(id="a"), FailingTest(id="b")
    assert fingerprint(Cause.TEST, (a, b), "x") == fingerprint(Cause.TEST, (b, a, b), "y")
    assert fingerprint(Cause.TEST, (a,), "x") != fingerprint(Cause.TEST, (a, b), "x")


def test_jobs_count_where_nothing_else_tells() -> None:
    outcome = "Process completed with exit code 1."
    assert fingerprint(Cause.LINT, (), outcome, ["one"]) != fingerprint(Cause.LINT, (), outcome, ["two"])
    assert fingerprint(Cause.LINT, (), outcome, ["a (1)"]) == fingerprint(Cause.LINT, (), outcome, ["a (2)"])
    error = "error: x is not y"
    assert fingerprint(Cause.BUILD, (), error, ["one"]) == fingerprint(Cause.BUILD, (), error, ["two"])


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("error[E0425]: cannot find value `x`", Says.ERROR),
        ("src/a.ts(3,4): error TS2304: Cannot find name 'x'.", Says.ERROR),
        ("[ERROR] /x/A.java:[3,4] cannot find symbol", Says.ERROR),
        ("E       assert 1 == 2", Says.ERROR),
        ("  1) shop adds up:", Says.ERROR),
        ("java.lang.NullPointerException: x is null", Says.ERROR),
        ("bash: pnpm: command not found", Says.ERROR),
        ("the words are not in order", Says.HINT),
        ("##[error]Process completed with exit code 1.", Says.OUTCOME),
        ("npm ERR! code ELIFECYCLE", Says.OUTCOME),
        ("[ERROR] -> [Help 1]", Says.OUTCOME),
        ("make: *** [Makefile:3: check] Error 1", Says.OUTCOME),
        ("=== 3 failed, 4 passed in 0.12s ===", Says.OUTCOME),
        ("Tests run: 3, Failures: 1, Errors: 0", Says.OUTCOME),
        ("    at Object.<anonymous> (src/a.js:1:2)", Says.NOTHING),
        ('  File "a.py", line 3, in f', Says.NOTHING),
        ("Downloading failure-1.0.crate", Says.NOTHING),
        ("no errors found", Says.NOTHING),
        ("", Says.NOTHING),
    ],
)
def test_what_a_line_says(text: str, grade: Says) -> None:
    assert says(text) is grade


@given(st.lists(st.sampled_from(["error: a", "error: b", "note c is here", "BUILD FAILED", "   at x.y(Z.java:1)"])))
def test_key_lines_are_of_one_grade_and_in_no_order(lines: list[str]) -> None:
    found = key_lines(lines)
    assert found == key_lines(list(reversed(lines))) == key_lines([*lines, *lines])
    assert len({says(line) for line in found}) <= 1


def test_a_long_list_of_errors_keeps_both_ends() -> None:
    words = [f"error: no {chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(500)]
    found = key_lines(words)
    assert len(found) == MOST
    assert {words[0], words[-1]} <= set(found)
