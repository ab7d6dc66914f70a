"""What decides where a log says several things: the end of the failing step, not the loudest word in it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.evidence import Cause, FailingTest, FailureClass
from otto_bot.diagnosis.classify import Finding, Output, class_of_text, classify, weightiest
from otto_bot.diagnosis.models import Annotation, CheckedJob

CODE, ENVIRONMENT, INFRASTRUCTURE = FailureClass.CODE, FailureClass.ENVIRONMENT, FailureClass.INFRASTRUCTURE
EXIT = "##[error]Process completed with exit code 1."
HEAD = ["##[group]Run make all", "make all", "shell: /usr/bin/bash -e {0}", "##[endgroup]"]
QUIET = [f"compiling unit {n}" for n in range(60)]
ASSERTION = "FAILED tests/test_a.py::test_b - AssertionError: assert 1 == 2"


def log_of(*lines: str, end: str = EXIT) -> bytes:
    texts = [
        *HEAD,
        *lines,
        end,
        "Post job cleanup.",
        "[command]/usr/bin/git config --unset x",
        "fatal: not of this step",
    ]
    return "".join(f"2026-01-02T03:04:05.{n:07d}Z {text}\n" for n, text in enumerate(texts)).encode()


def job_of(log: bytes | None, **changes: object) -> CheckedJob:
    return CheckedJob(id=1, name="check", conclusion="failure", log=log).model_copy(update=changes)


HARMLESS = [
    "timeout-minutes: 10",
    "  timeout: 30s",
    "+ curl --retry 5 --connect-timeout 10 https://example.org",
    "$ echo No space left on device",
    "0 errors",
    "Tests run: 3, Failures: 0, Errors: 0, Skipped: 1",
    "12 passed, 0 failed",
    "found 0 vulnerabilities",
    "ok 3 - says ECONNRESET when the connection is reset",
    "  ✓ shows 503 Service Unavailable (3 ms)",
    "test net::connection_timed_out ... ok",
    "--- PASS: TestNoSpaceLeftOnDevice (0.00s)",
    "tests/test_net.py::test_could_not_resolve_host PASSED                    [ 12%]",
    "tests/test_net.py::test_killed PASSED",
    "SKIPPED [1] tests/test_x.py:3: No module named 'x'",
    "using error_page 502 503 504 /50x.html;",
    "Downloading timeout-decorator-0.5.0.tar.gz",
    "  CC net/connection_refused.o",
    "Installed killport-1.0",
    "checking whether error handlers work... yes",
]


@pytest.mark.parametrize("line", HARMLESS)
def test_a_mention_decides_nothing(line: str) -> None:
    finding = classify(job_of(log_of("working", line, "done with that")), Output())
    assert (finding.cause, finding.class_hint) == (Cause.UNKNOWN, None), finding.signals
    assert class_of_text(log_of(line)) is CODE


@pytest.mark.parametrize(
    ("lines", "cause", "kind"),
    [
        # what was overcome
        (["Could not resolve host: a.org", "Retrying in 5 seconds", *QUIET, ASSERTION], Cause.TEST, CODE),
        (
            ["WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError'", *QUIET, ASSERTION],
            Cause.TEST,
            CODE,
        ),
        (["npm WARN network retry: ECONNRESET, will retry", *QUIET, "a.c:3:1: error: expected ';'"], Cause.BUILD, CODE),
        (["warning: spurious network error (2 tries remaining)", *QUIET, "done"], Cause.UNKNOWN, None),
        (["/x.sh: line 3: foo: command not found", *QUIET, "error[E0425]: cannot find value `x`"], Cause.BUILD, CODE),
        # what ended the step
        (
            ["1 passed in 0.1s", *QUIET, "curl: (56) Recv failure: Connection reset by peer"],
            Cause.INFRA,
            INFRASTRUCTURE,
        ),
        (
            [
                "WARNING: Retrying (Retry(total=0)): Temporary failure in name resolution",
                "ERROR: Could not find a version that satisfies the requirement x",
                "ERROR: No matching distribution found",
            ],
            Cause.INFRA,
            INFRASTRUCTURE,
        ),
        (
            ["error: could not compile `x`", "error: x: No space left on device (os error 28)"],
            Cause.INFRA,
            INFRASTRUCTURE,
        ),
        (["error: could not compile `x`", "  (signal: 9, SIGKILL: kill)"], Cause.INFRA, INFRASTRUCTURE),
        (
            ["fatal error: openssl/ssl.h: No such file or directory", "make: *** [x] Error 1"],
            Cause.DEPENDENCY,
            ENVIRONMENT,
        ),
        # failing tests
        (
            ["requests.exceptions.ReadTimeout: Read timed out", *QUIET[:5], ASSERTION, "1 failed"],
            Cause.TEST,
            INFRASTRUCTURE,
        ),
        (["ConnectionError: localhost:80 connection timed out", *QUIET[:5], ASSERTION], Cause.TEST, CODE),
        (
            ["Read timed out", *(f"FAILED t/test_a.py::test_{n} - AssertionError: x" for n in range(9))],
            Cause.TEST,
            CODE,
        ),
        (
            ["E   assert 503 == 200", "HTTP Error 503 was expected: 502 failed", ASSERTION, "7 failed"],
            Cause.TEST,
            CODE,
        ),
        (["    raise TimeoutError('Read timed out')", ">       assert a", ASSERTION], Cause.TEST, CODE),
        (["[FAIL] Feed [It] should arrive", "  [FAILED] Timed out after 1.001s."], Cause.TEST, INFRASTRUCTURE),
        (["  1) connects", "     Error: Timeout of 2000ms exceeded.", "1 failing"], Cause.TEST, INFRASTRUCTURE),
        # what a runner adds to every failure
        (
            [ASSERTION, "##[error]Executing the custom container implementation failed. Please contact your"],
            Cause.TEST,
            CODE,
        ),
        (["hm", "##[error]Executing the custom container implementation failed."], Cause.INFRA, INFRASTRUCTURE),
        (
            [
                "Warning: Failed to download action 'https://x/y'. Error: 503",
                "Warning: Back off 21.7 seconds before retry.",
                *QUIET[:20],
                "a.c:3:1: error: expected ';'",
            ],
            Cause.BUILD,
            CODE,
        ),
        (["requests.exceptions.HTTPError: 401 Client Error: Unauthorized", ASSERTION, "1 failed"], Cause.TEST, CODE),
        (["E   ConnectionError: Connection reset by peer", "5 failed, 3 passed"], Cause.TEST, CODE),
        (
            ["fatal: unable to access 'https://h': The requested URL returned error: 403"],
            Cause.PERMISSION,
            ENVIRONMENT,
        ),
        # modules
        (["ERROR tests/test_a.py - ModuleNotFoundError: No module named 'flask'"], Cause.DEPENDENCY, ENVIRONMENT),
        ([ASSERTION, "FAILED tests/test_c.py::test_d - ModuleNotFoundError: No module named 'x'"], Cause.TEST, CODE),
        (['  File "/w/shop/shop/cart.py", line 3', "ModuleNotFoundError: No module named 'shop'"], Cause.BUILD, CODE),
        # the whole and its parts
        (
            [
                "[ERROR] /x/A.java:[3,1] (design) FinalClass: y",
                "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-checkstyle-plugin:3:check (v)",
            ],
            Cause.LINT,
            CODE,
        ),
    ],
)
def test_the_end_of_the_step_decides(lines: list[str], cause: Cause, kind: FailureClass | None) -> None:
    finding = classify(job_of(log_of(*lines)), Output())
    assert (finding.cause, finding.class_hint) == (cause, kind), finding.signals


def test_the_log_of_another_system_ends_with_its_own_last_word() -> None:
    gitlab = "\x1b[0KRunning with runner 16\r\n$ make\r\n\x1b[31;1mERROR: Job failed (system failure): gone\x1b[0;m\r\n"
    assert classify(job_of(gitlab.encode()), Output()).cause is Cause.INFRA
    assert classify(job_of(gitlab.encode()), Output(spans=((0, 10),))).cause is Cause.INFRA
    travis = 'Could not resolve host: a.org\nfine now\n2 failed\nThe command "make" exited with 1.\nfatal: early EOF\n'
    assert classify(job_of(travis.encode()), Output()).cause is Cause.TEST
    jenkins = (
        "ERROR: No acceptable C compiler found!\nBuild step 'Execute shell' marked build as failure\n"
        "mkdir: out: Permission denied\nFinished: FAILURE\n"
    )
    assert classify(job_of(jenkins.encode()), Output()).cause is Cause.DEPENDENCY


def test_what_is_cancelled_after_a_failure_is_not_the_reason() -> None:
    failed = log_of(ASSERTION)
    cancelled = b"##[group]Run report\n##[endgroup]\nuploading\n##[error]The operation was canceled.\n"
    assert classify(job_of(failed.split(b"Post job")[0] + b"\n" + cancelled), Output()).cause is Cause.TEST
    assert classify(job_of(cancelled), Output()).cause is Cause.CANCELLED


def test_of_several_jobs_work_on_the_code_speaks_first() -> None:
    flaky = Finding(Cause.TEST, ("a",), class_hint=INFRASTRUCTURE)
    broken = Finding(Cause.TEST, ("b",), class_hint=CODE)
    lost = Finding(Cause.INFRA, ("c",), class_hint=INFRASTRUCTURE)
    assert weightiest([lost, flaky, broken]) == broken._replace(signals=("c", "a", "b"))


def test_a_log_whose_parts_say_nothing_is_read_as_a_whole() -> None:
    first = b"##[group]Run a\n##[endgroup]\na.c:3:1: error: expected ';'\n"
    second = b"##[group]Run b\n##[endgroup]\nhm\n##[error]Process completed with exit code 1.\n"
    assert classify(job_of(first + second), Output()).cause is Cause.BUILD


def test_an_early_reason_in_a_long_log_is_found() -> None:
    noise = [f"unit {n} of the long list of units is being built" for n in range(8000)]
    log = log_of("a.c:3:1: error: expected ';'", *noise)
    assert len(log) > 500_000
    assert classify(job_of(log), Output()).cause is Cause.BUILD


def test_annotations_decide_without_a_log() -> None:
    note = Annotation(path=".github", line=1, message="The runner has received a shutdown signal.")
    finding = classify(job_of(None, annotations=(note,)), Output())
    assert finding.cause is Cause.INFRA
    assert finding.signals == ("runner lost: The runner has received a shutdown signal.",)


def test_lines_at_hand_are_read_where_there_is_no_log() -> None:
    finding = classify(job_of(None, annotations=(Annotation(path="a.py", message="odd"),)), Output(errors=("x",)))
    assert finding.cause is Cause.NEVER_STARTED
    step = {"number": 2, "name": "Test", "conclusion": "failure"}
    job = CheckedJob.model_validate({"id": 1, "name": "x", "conclusion": "failure", "steps": [step]})
    assert classify(job, Output(errors=("a.c:3:1: error: expected ';'",))).cause is Cause.BUILD


def test_named_tests_outweigh_a_connection_and_yield_to_a_full_disk() -> None:
    tests = tuple(FailingTest(id=f"t::{n}", message="assert 1 == 2") for n in range(5))
    network = log_of("curl: (6) Could not resolve host: a.org")
    assert classify(job_of(network), Output(tests=tests)).cause is Cause.TEST
    disk = log_of("OSError: [Errno 28] No space left on device")
    assert classify(job_of(disk), Output(tests=tests)).cause is Cause.INFRA


def test_only_the_spans_that_are_given_are_read() -> None:
    log = b"a.c:3:1: error: expected ';'\n##[error]No space left on device\n"
    assert classify(job_of(log), Output(spans=((0, 29),))).cause is Cause.BUILD
    assert classify(job_of(log), Output()).cause is Cause.INFRA


def test_the_work_does_not_grow_with_the_log() -> None:
    line = b"2026-01-02T03:04:05.1234567Z error: could not do this or that, failed to connect, timed out\n"
    log = b"##[group]Run x\n" + line * 400_000 + b"##[error]Process completed with exit code 1.\n"
    before = time.process_time()
    class_of_text(log)
    assert time.process_time() - before < len(log) / 15e6


pieces = st.lists(
    st.sampled_from(
        [
            b"##[error]x",
            b"##[group]Run x",
            b"##[endgroup]",
            b"error: x",
            b"exit code 99999999999999999999",
            b"\xff\x00",
            b"No module named '\xff'",
            b"9" * 5000 + b" failed",
            b"ERROR: Job failed",
            b"\r",
            b"",
            b"^[[31mKilled",
        ]
    ),
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400) | pieces.map(b"\n".join), st.integers(-5, 500), st.integers(-5, 500))
def test_no_log_breaks_it(log: bytes, start: int, end: int) -> None:
    assert class_of_text(log) in FailureClass
    assert classify(job_of(log), Output(spans=((max(0, start), min(end, len(log))),))).signals
