"""Whole diagnoses of jobs in GitHub's own form: steps with whole seconds, logs with timestamps and markers."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.evidence import Cause, Failure, FailureClass, Phase, Progress
from otto_bot.diagnosis.clean import clean
from otto_bot.diagnosis.diagnose import diagnose
from otto_bot.diagnosis.models import Annotation, CheckedJob, StepResult
from otto_bot.diagnosis.slice import sections

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POST = [
    "Post job cleanup.",
    "[command]/usr/bin/git version",
    "error: this is only cleaning up",
    "Cleaning up orphan processes",
]
EXIT = "##[error]Process completed with exit code 1."
PYTEST = """=================================== FAILURES ===================================
_______________________________ test_registered ________________________________

    def test_registered():
>       assert "slug" in REGISTRY
E       AssertionError: assert 'slug' in {}

tests/test_registry.py:7: AssertionError
=========================== short test summary info ============================
FAILED tests/test_registry.py::test_registered - AssertionError: assert 'slug' in {}
========================= 1 failed, 3 passed in 0.12s ==========================""".splitlines()


def job(*steps: tuple[str, str, list[str]], name: str = "test", seconds: int = 1, **changes: object) -> CheckedJob:
    """A job whose steps (name, conclusion, output) each take `seconds`; 0 puts all of them into the same second."""
    rows, text, at = [], ["Current runner version: '2.333.1'"], START
    rows.append(StepResult(number=1, name="Set up job", conclusion="success", started_at=at, completed_at=at))
    stamped = [f"{at:%Y-%m-%dT%H:%M:%S}.0000000Z {text[0]}"]
    for number, (step, conclusion, output) in enumerate(steps, 2):
        at += timedelta(seconds=seconds)
        until = at + timedelta(seconds=max(0, seconds - 1))
        if conclusion != "skipped":
            head = [
                f"##[group]Run {step.removeprefix('Run ')}",
                f"{step} --fail-fast error",
                "shell: /usr/bin/bash -e {0}",
                "##[endgroup]",
            ]
            stamped += [f"{at:%Y-%m-%dT%H:%M:%S}.{i:07d}Z {line}" for i, line in enumerate([*head, *output])]
        rows.append(StepResult(number=number, name=step, conclusion=conclusion, started_at=at, completed_at=until))
    at += timedelta(seconds=1)
    stamped += [f"{at:%Y-%m-%dT%H:%M:%S}.0000000Z {line}" for line in POST]
    value = CheckedJob(
        id=1,
        name=name,
        workflow="CI",
        conclusion="failure",
        steps=tuple(rows),
        log=b"\xef\xbb\xbf" + "\n".join(stamped).encode() + b"\n",
        url="https://github.com/o/r/actions/runs/1/job/1",
    )
    return value.model_copy(update=changes)


def why(
    *jobs: CheckedJob, budget: int = 4000, previous: tuple[Failure, ...] = (), baseline: Failure | None = None
) -> Failure:
    return diagnose("t1", 1, "a" * 40, jobs, previous=previous, baseline=baseline, budget_chars=budget)


def quoted(failure: Failure) -> str:
    return "\n".join(item.text for item in failure.excerpts)


@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_a_failing_test_is_named_quoted_and_placed(seconds: int) -> None:
    failing = job(
        ("Run actions/checkout@v4", "success", ["error: not of this step"]),
        ("Lint", "success", ["##[error]lint is only advice here"]),
        ("Test", "failure", [*PYTEST, EXIT]),
        ("Upload", "skipped", []),
        seconds=seconds,
    )
    failure = why(failing)
    assert (failure.cause, failure.class_hint, failure.phase) == (Cause.TEST, FailureClass.CODE, Phase.VERIFY)
    assert failure.exit_code == 1
    assert failure.failing_jobs == ("CI / test",)
    assert [(test.id, test.file, test.line) for test in failure.failing_tests] == [
        ("tests/test_registry.py::test_registered", "tests/test_registry.py", 7)
    ]
    assert failure.suspected_files == ("tests/test_registry.py",)
    assert "AssertionError: assert 'slug' in {}" in quoted(failure)
    assert "not of this step" not in quoted(failure)
    assert "only cleaning up" not in quoted(failure)
    assert "only advice" not in quoted(failure)
    assert failure.progress is Progress.FIRST
    assert failure.signals


def test_excerpts_stand_at_their_lines_in_the_original() -> None:
    failing = job(("Build", "success", ["x"] * 30), ("Test", "failure", [*PYTEST, EXIT]))
    original = (failing.log or b"").split(b"\n")
    failure = why(failing)
    assert failure.excerpts
    for item in failure.excerpts:
        assert item.first_line is not None
        assert item.last_line is not None
        span = [clean(raw, 1).text for raw in original[item.first_line - 1 : item.last_line]]
        assert [line for line in span if line.strip()] == item.text.split("\n")
        assert item.source == "CI / test · Test"
    first = failure.excerpts[0]
    head = next(n for n, raw in enumerate(original, 1) if b"##[group]Run Test" in raw)
    assert first.url == f"{failing.url}#step:3:{(first.first_line or 0) - head + 1}"


def test_the_first_error_of_many_is_kept_and_the_budget_holds() -> None:
    noise = [f"src/m{n}.py:{n}:1: error: problem {n}" for n in range(3000)]
    failing = job(("Run mypy .", "failure", ["starting", "FIRST error: the reason", *noise, EXIT]))
    for budget in (40, 300, 2000):
        failure = why(failing, budget=budget)
        assert sum(len(item.text) for item in failure.excerpts) <= budget
        assert "FIRST error" in quoted(why(failing, budget=2000))


def test_no_failing_step_starves_another() -> None:
    loud = job(("Test", "failure", [f"Error: loud {n} " + "x" * 200 for n in range(2000)] + [EXIT]), name="loud")
    quiet = job(("Test", "failure", ["Error: quiet one", EXIT]), name="quiet")
    failure = why(loud, quiet, budget=2000)
    assert "Error: quiet one" in quoted(failure)
    assert "Error: loud 0" in quoted(failure)
    assert sum(len(item.text) for item in failure.excerpts) <= 2000


MISSING = "ModuleNotFoundError: No module named 'flask'"


@pytest.mark.parametrize(
    ("step", "output", "cause"),
    [
        ("Test", ["Traceback (most recent call last):", MISSING, EXIT], Cause.DEPENDENCY),
        ("Test", ["ERROR tests/test_a.py - " + MISSING, "1 error in 0.1s", EXIT], Cause.DEPENDENCY),
        ("Install", ["ERROR: No matching distribution found for textkitx==9", EXIT], Cause.DEPENDENCY),
        ("Install", ["npm error code E404", "npm error 404 Not Found - GET https://r/x", EXIT], Cause.DEPENDENCY),
        ("Test", ["Error: Cannot find module 'left-pad'", EXIT], Cause.DEPENDENCY),
        ("Test", ["main.go:4:2: no required module provides package x.org/y", EXIT], Cause.DEPENDENCY),
        ("Test", ["/home/r/x.sh: line 1: pytest: command not found", EXIT], Cause.DEPENDENCY),
        ("Test", ["ModuleNotFoundError: No module named 'app.views'", EXIT], Cause.BUILD),
        (
            "Test",
            [
                '  File "/home/runner/work/r/r/textkit/a.py", line 3, in <module>',
                "ModuleNotFoundError: No module named 'textkit'",
                EXIT,
            ],
            Cause.BUILD,
        ),
        (
            "Install",
            ["Could not resolve host: pypi.org", "ERROR: No matching distribution found for x", EXIT],
            Cause.INFRA,
        ),
        ("Compile", ["src/a.ts(3,1): error TS2304: Cannot find name 'x'.", EXIT], Cause.BUILD),
        ("Compile", ["a.c:3:1: error: expected ';'", "make: *** [all] Error 1", EXIT], Cause.BUILD),
        ("Test", ["error[E0425]: cannot find value `x`", "error: could not compile `x`", EXIT], Cause.BUILD),
        ("Check", ["src/a.py:1:1: F401 [*] `os` imported but unused", "Found 1 error.", EXIT], Cause.LINT),
        ("Check", ["would reformat src/a.py", "1 file would be reformatted.", EXIT], Cause.LINT),
        (
            "Check",
            [
                "app/a.py:3: error: Incompatible types  [arg-type]",
                "Found 1 error in 1 file (checked 3 source files)",
                EXIT,
            ],
            Cause.LINT,
        ),
        (
            "Check",
            ["  3:1  error  'x' is not defined  no-undef", "✖ 1 problem (1 error, 0 warnings)", EXIT],
            Cause.LINT,
        ),
        ("Test", ["Tests run: 3, Failures: 1, Errors: 0", EXIT], Cause.TEST),
        ("Check", ["##[error]No space left on device", EXIT], Cause.INFRA),
        ("Check", ["something", "##[error]The runner has received a shutdown signal.", EXIT], Cause.INFRA),
        ("Check", ["Killed", "##[error]Process completed with exit code 137."], Cause.INFRA),
        ("Check", ["##[error]Process completed with exit code 143."], Cause.INFRA),
        ("Check", ["##[error]The action 'Check' has timed out after 10 minutes."], Cause.TIMEOUT),
        ("Label", ["##[error]Resource not accessible by integration"], Cause.PERMISSION),
        ("Do it", ["working", EXIT], Cause.UNKNOWN),
        ("Do it", ["Error: boom", EXIT], Cause.UNKNOWN),
    ],
)
def test_causes_by_text(step: str, output: list[str], cause: Cause) -> None:
    failure = why(job((step, "failure", output)))
    assert failure.cause is cause, failure.signals
    assert failure.signals
    assert (failure.class_hint is None) == (cause in (Cause.UNKNOWN, Cause.TIMEOUT))


BILLING = (
    "The job was not started because recent account payments have failed or your spending limit needs to be increased."
)


def note(message: str) -> Annotation:
    return Annotation(path=".github", line=1, message=message)


def bare(conclusion: str, *messages: str, steps: tuple[StepResult, ...] = ()) -> CheckedJob:
    return CheckedJob(
        id=1, name="test", conclusion=conclusion, steps=steps, annotations=tuple(note(text) for text in messages)
    )


SETUP = StepResult(number=1, name="Set up job", conclusion="failure", started_at=START, completed_at=START)


@pytest.mark.parametrize(
    ("failing", "cause"),
    [
        (bare("failure"), Cause.NEVER_STARTED),
        (bare("failure", BILLING), Cause.BILLING),
        (
            bare("failure", "The job was not acquired by Runner of type hosted even after multiple attempts"),
            Cause.NEVER_STARTED,
        ),
        (bare("failure", "actions/x@v1 is not allowed to be used in o/r."), Cause.PERMISSION),
        (bare("failure", steps=(SETUP,)), Cause.INFRA),
        (bare("failure", steps=(SETUP.model_copy(update={"conclusion": "skipped"}),)), Cause.NEVER_STARTED),
        (bare("failure", "The hosted runner lost communication with the server.", steps=(SETUP,)), Cause.INFRA),
        (bare("cancelled"), Cause.CANCELLED),
        (bare("cancelled", "Canceling since a higher priority waiting request for ci exists"), Cause.CANCELLED),
        (
            bare("cancelled", "The job running on runner X has exceeded the maximum execution time of 6 minutes."),
            Cause.TIMEOUT,
        ),
        (bare("cancelled", "The self-hosted runner: x lost communication with the server."), Cause.INFRA),
        (bare("timed_out"), Cause.TIMEOUT),
        (bare("action_required"), Cause.ACTION_REQUIRED),
        (bare("startup_failure"), Cause.INFRA),
        (bare("stale"), Cause.CANCELLED),
    ],
)
def test_causes_by_structure_need_no_log(failing: CheckedJob, cause: Cause) -> None:
    failure = why(failing)
    assert failure.cause is cause
    assert failure.conclusion == failing.conclusion
    assert len(failure.fingerprint) == 16


def test_containers_that_do_not_start_are_the_runners() -> None:
    failing = job(("Initialize containers", "failure", ["Error: docker pull failed", "FAILED tests/a.py::x - boom"]))
    assert why(failing).cause is Cause.INFRA


def test_work_on_the_code_outweighs_what_was_cancelled_beside_it() -> None:
    failure = why(bare("cancelled"), job(("Test", "failure", [*PYTEST, EXIT])))
    assert (failure.cause, failure.conclusion) == (Cause.TEST, "failure")
    assert len(failure.failing_jobs) == 2


def test_annotations_are_quoted_and_name_files() -> None:
    marks = (
        Annotation(path="src/a.py", line=3, message="undefined name 'x'"),
        Annotation(path=".github", line=1, message="Process completed with exit code 1."),
        Annotation(path="src/w.py", line=1, level="warning", message="careful"),
    )
    failure = why(job(("Do it", "failure", ["Error: boom", EXIT]), annotations=marks))
    assert failure.suspected_files == ("src/a.py",)
    notes = [item for item in failure.excerpts if item.kind == "annotation"]
    assert [(item.source, item.text, item.first_line) for item in notes] == [
        ("CI / test · src/a.py", "undefined name 'x'", 3)
    ]


def test_what_fails_on_the_base_is_told_apart() -> None:
    base = why(job(("Test", "failure", [*PYTEST, "FAILED tests/b.py::test_b - x", EXIT])))
    same = job(("Test", "failure", [*PYTEST, EXIT]))
    more = job(("Test", "failure", [*PYTEST, "FAILED tests/c.py::test_c - x", EXIT]))
    assert why(same, baseline=base).pre_existing
    assert not why(more, baseline=base).pre_existing
    assert not why(same, baseline=None).pre_existing
    assert not why(same.model_copy(update={"name": "other"}), baseline=base).pre_existing
    lint = job(("Check", "failure", ["would reformat src/a.py", EXIT]))
    assert why(lint, baseline=why(lint)).pre_existing
    assert not why(lint, baseline=base).pre_existing


def test_attempts_are_compared() -> None:
    first = why(job(("Test", "failure", [*PYTEST, EXIT])))
    again = why(job(("Test", "failure", [*PYTEST, EXIT]), seconds=7), previous=(first,))
    other = why(job(("Test", "failure", ["FAILED tests/b.py::test_b - x", EXIT])), previous=(first,))
    assert (again.progress, other.progress) == (Progress.SAME, Progress.NEW)
    assert why(job(("Test", "failure", [*PYTEST, EXIT])), previous=(first, other)).progress is Progress.OSCILLATING


def test_a_log_without_steps_or_markers_is_read_as_it_is() -> None:
    plain = CheckedJob(id=1, name="x", conclusion="failure", log="\r\n".join(PYTEST).encode())
    failure = why(plain)
    assert failure.cause is Cause.TEST
    assert failure.excerpts[0].first_line is not None
    with_errors = job(("Test", "failure", [*PYTEST, EXIT]), steps=())
    assert why(with_errors).cause is Cause.TEST
    assert "only cleaning up" not in quoted(why(with_errors))


def test_a_step_whose_times_do_not_fit_the_log_is_found_by_its_errors() -> None:
    shifted = StepResult(
        number=2,
        name="Test",
        conclusion="failure",
        started_at=START + timedelta(days=1),
        completed_at=START + timedelta(days=1),
    )
    assert why(job(("Test", "failure", [*PYTEST, EXIT]), steps=(shifted,))).cause is Cause.TEST


def test_jobs_that_passed_are_no_failure() -> None:
    with pytest.raises(ValueError, match="nothing to diagnose"):
        why(CheckedJob(id=1, name="x", conclusion="success"))


def test_a_long_line_and_a_long_log_are_read_in_time() -> None:
    log = (
        b"2026-01-02T03:04:05.1234567Z downloading something or other\n" * 60_000 + b"y" * 3_000_000 + b"\nError: end\n"
    )
    before = time.process_time()
    failure = why(CheckedJob(id=1, name="x", conclusion="failure", log=log))
    assert "Error: end" in quoted(failure)
    assert time.process_time() - before < 10


pieces = st.lists(
    st.sampled_from(
        [b"##[error]x", b"##[group]Run x", b"##[endgroup]", b"Post job cleanup.", b"Error: x", b"\xff\x00", b""]
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(st.binary(max_size=300) | pieces.map(b"\n".join), st.booleans(), st.integers(0, 500))
def test_no_log_breaks_it(log: bytes, with_step: bool, budget: int) -> None:
    step = StepResult(number=2, name="Test", conclusion="failure", started_at=START, completed_at=START)
    failing = CheckedJob(id=1, name="x", conclusion="failure", log=log, steps=(step,) if with_step else ())
    for section in sections(failing):
        assert 0 <= section.start < section.end <= len(log)
        assert section.line == log.count(b"\n", 0, section.start) + 1
    assert sum(len(item.text) for item in why(failing, budget=budget).excerpts) <= budget
