"""Which part of a job's log its failing steps wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis.clean import clean_line
from otto_bot.diagnosis.diagnose import diagnose, ranked
from otto_bot.diagnosis.extract import excerpts
from otto_bot.diagnosis.models import CheckedJob, StepResult
from otto_bot.diagnosis.slice import failing_steps, is_runner_step, sections

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EXIT = "##[error]Process completed with exit code 1."
POST = ["Post job cleanup.", "fatal: error: only cleaning up", "Cleaning up orphan processes"]

Row = tuple[str, str | None, list[str]]


def job_of(*rows: Row, seconds: int = 5, with_steps: bool = True) -> CheckedJob:
    """A job whose steps (name, conclusion, output) start `seconds` apart; 0 puts all of them into one second."""
    steps, text, at = [], [], START
    steps.append(StepResult(number=1, name="Set up job", conclusion="success", started_at=at, completed_at=at))
    text.append((at, "Current runner version: '2.331.0'"))
    for number, (name, conclusion, output) in enumerate(rows, 2):
        at += timedelta(seconds=seconds)
        until = at + timedelta(seconds=max(0, seconds - 1))
        steps.append(StepResult(number=number, name=name, conclusion=conclusion, started_at=at, completed_at=until))
        if conclusion == "skipped":
            continue
        text += [(at, f"##[group]Run {name.removeprefix('Run ')}"), (at, name), (at, "##[endgroup]")]
        text += [(at, line) for line in output]
    at += timedelta(seconds=1)
    text += [(at, line) for line in POST]
    log = "".join(f"{when:%Y-%m-%dT%H:%M:%S}.{n:07d}Z {line}\n" for n, (when, line) in enumerate(text))
    return CheckedJob(
        id=1,
        name="check",
        conclusion="failure",
        steps=tuple(steps) if with_steps else (),
        log=b"\xef\xbb\xbf" + log.encode(),
        url="https://github.com/o/r/actions/runs/1/job/1",
    )


def texts_of(job: CheckedJob) -> list[list[str]]:
    log = job.log or b""
    return [[clean_line(raw) for raw in log[cut.start : cut.end].splitlines()] for cut in sections(job)]


def quoted(job: CheckedJob, budget: int = 3000) -> str:
    return "\n".join(item.text for item in excerpts([(job, one) for one in ranked(job)], budget))


@pytest.mark.parametrize("seconds", [0, 1, 60])
def test_the_failing_step_is_cut_out(seconds: int) -> None:
    job = job_of(
        ("Run actions/checkout@v4", "success", ["error: of the first"]),
        ("Build", "success", ["error: of the second", "##[error]advice only"]),
        ("Docs", "skipped", []),
        ("Test", "failure", ["FAILED tests/test_a.py::test_b", EXIT]),
        ("Upload", "skipped", []),
        seconds=seconds,
    )
    assert texts_of(job) == [["##[group]Run Test", "Test", "##[endgroup]", "FAILED tests/test_a.py::test_b", EXIT]]
    (cut,) = sections(job)
    assert cut.step is not None
    assert cut.step.name == "Test"
    assert cut.line == (job.log or b"").count(b"\n", 0, cut.start) + 1


@pytest.mark.parametrize("seconds", [0, 5])
def test_steps_that_may_fail_are_not_chosen(seconds: int) -> None:
    """`continue-on-error`: the outcome was a failure, the conclusion is not."""
    job = job_of(
        ("Lint", "success", ["src/a.py:1:1: error: lint is red", "##[error]Process completed with exit code 2."]),
        ("Test", "failure", ["FAILED tests/test_a.py::test_b", EXIT]),
        seconds=seconds,
    )
    assert [step.name for step in failing_steps(job)] == ["Test"]
    assert "lint is red" not in quoted(job)
    assert "FAILED tests/test_a.py::test_b" in quoted(job)


def test_each_failing_step_is_a_section() -> None:
    job = job_of(
        ("Lint", "failure", ["lint is red", EXIT]),
        ("Build", "success", ["well"]),
        ("Test", "failure", ["test is red", EXIT]),
    )
    first, second = texts_of(job)
    assert "lint is red" in first
    assert "test is red" in second
    assert "well" not in first + second


def test_all_errors_of_one_step_belong_to_it() -> None:
    job = job_of(("Test", "failure", ["##[error]first", "between", "##[error]second", EXIT, "after the exit"]))
    (lines,) = texts_of(job)
    assert [line for line in lines if line.startswith("##[error]")] == ["##[error]first", "##[error]second", EXIT]
    assert "after the exit" not in lines


def test_commands_that_a_step_groups_itself_do_not_end_it() -> None:
    job = job_of(("Test", "failure", ["##[group]Run suite one", "well", "##[endgroup]", "suite two is red", EXIT]))
    assert "suite two is red" in texts_of(job)[0]


@pytest.mark.parametrize("with_steps", [True, False])
def test_cleaning_up_is_no_part_of_it(with_steps: bool) -> None:
    job = job_of(("Test", "failure", ["the reason is told"]), seconds=0, with_steps=with_steps)
    text = "\n".join(line for lines in texts_of(job) for line in lines)
    assert "the reason is told" in text
    assert "only cleaning up" not in text


def test_a_marker_that_is_quoted_is_none() -> None:
    quote = "see " + "x" * 80 + " Post job cleanup."
    job = job_of(("Test", "failure", [quote, "FAILED after it", EXIT]))
    assert "FAILED after it" in texts_of(job)[0]
    assert "FAILED after it" in texts_of(job.model_copy(update={"steps": ()}))[0]


def test_without_steps_what_ends_in_an_error_is_a_section() -> None:
    job = job_of(
        ("Build", "success", ["well"]),
        ("Lint", "failure", ["lint is red", EXIT]),
        ("Test", "failure", ["test is red", EXIT]),
        with_steps=False,
    )
    first, second = texts_of(job)
    assert "lint is red" in first
    assert "test is red" in second
    assert all(cut.step is None for cut in sections(job))
    assert "well" not in first + second


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "startup_failure", "action_required"])
def test_conclusions_that_fail_a_job(conclusion: str) -> None:
    job = job_of(("Test", conclusion, ["stopped"]), ("Report", "cancelled", []))
    assert [step.name for step in failing_steps(job)] == ["Test"]


def test_a_step_that_was_cancelled_counts_where_none_failed() -> None:
    job = job_of(
        ("Build", "success", []), ("Test", "cancelled", ["test 12 of 40", "##[error]The operation was canceled."])
    )
    assert [step.name for step in failing_steps(job)] == ["Test"]
    assert "test 12 of 40" in texts_of(job)[0]
    assert failing_steps(job_of(("Test", "success", []))) == ()


def test_a_step_that_says_nothing_makes_what_stands_before_it_count() -> None:
    job = job_of(
        ("Test", "success", ["FAILED tests/test_a.py::test_b - KeyError: 'colour'"]),
        ("Check the outcome of the tests", "failure", [EXIT]),
    )
    assert "KeyError: 'colour'" in quoted(job)
    assert EXIT in quoted(job)
    speaking = job_of(
        ("Test", "success", ["FAILED tests/test_a.py::test_b - KeyError: 'colour'"]),
        ("Check the outcome of the tests", "failure", ["error: the coverage is below 80", EXIT]),
    )
    assert "KeyError" not in quoted(speaking)


def test_the_runners_own_steps_are_known() -> None:
    names = ["Set up job", "Initialize containers", "Post Run actions/checkout@v4", "Pre build", "Complete job"]
    assert all(is_runner_step(StepResult(number=1, name=name)) for name in names)
    names = ["Set up jobs", "Postgres tests", "Prepare", "Test", "Complete job now"]
    assert not any(is_runner_step(StepResult(number=1, name=name)) for name in names)


def test_a_failing_post_step_is_found_among_the_cleaning_up() -> None:
    job = job_of(("Test", "success", ["well"]))
    at = START + timedelta(seconds=6)
    post = StepResult(number=9, name="Post Cache", conclusion="failure", started_at=at, completed_at=at)
    found = texts_of(job.model_copy(update={"steps": (*job.steps, post)}))
    assert len(found) == 1
    assert "fatal: error: only cleaning up" in found[0]
    assert "well" not in found[0]


def test_a_link_leads_to_the_line_within_its_step() -> None:
    job = job_of(("Build", "success", ["x"] * 7), ("Test", "failure", ["one", "two", "FAILED tests/a.py::b", EXIT]))
    (item,) = diagnose("t", 1, None, [job]).excerpts
    (cut,) = sections(job)
    assert item.source == "check · Test"
    assert item.url.endswith(f"#step:3:{(item.first_line or 0) - cut.line + 1}")


def test_no_log_has_no_sections() -> None:
    assert sections(CheckedJob(id=1, name="x", conclusion="failure")) == ()
    assert sections(CheckedJob(id=1, name="x", conclusion="failure", log=b"")) == ()


PIECES = [
    *(b"2026-01-02T03:04:05.1Z ##[group]Run Test", b"2026-01-02T03:04:07.1Z ##[group]Run Lint"),
    *(b"2026-01-02T03:04:07.1Z ##[error]x", b"##[error]y", b"Post job cleanup.", b"Cleaning up orphan processes"),
    *(
        b"working",
        b"",
        b"\xff\r",
        b"travis_fold:start:x",
        b'The command "x" exited with 1.',
        b"section_start:1:step_script",
    ),
]
times = st.sampled_from(
    [None, START, START + timedelta(seconds=2), START - timedelta(days=9), START.replace(tzinfo=None)]
)
steps = st.builds(
    StepResult,
    number=st.integers(1, 9),
    name=st.sampled_from(["Test", "Lint", "Set up job", "Post x", ""]),
    conclusion=st.sampled_from(["failure", "success", "cancelled", "skipped", None]),
    started_at=times,
    completed_at=times,
)


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=30).map(b"\n".join),
    st.lists(steps, max_size=5).map(tuple),
)
def test_any_log_and_any_steps_give_sound_sections(log: bytes, rows: tuple[StepResult, ...]) -> None:
    job = CheckedJob(id=1, name="x", conclusion="failure", log=log, steps=rows)
    found = sections(job)
    assert bool(found) == bool(log)
    for cut in found:
        assert 0 <= cut.start <= cut.end <= len(log)
        assert cut.line == log.count(b"\n", 0, cut.start) + 1
