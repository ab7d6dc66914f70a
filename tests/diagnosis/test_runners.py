"""Logs of Travis CI and GitLab: which commands failed, and what is quoted of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis import bench
from otto_bot.diagnosis.models import CheckedJob
from otto_bot.diagnosis.runners import failed_parts, found
from otto_bot.diagnosis.slice import sections

CLEAR = "\r\x1b[0K"


def fold(name: str, *lines: str) -> list[str]:
    return [f"travis_fold:start:{name}{CLEAR}", *lines, f"travis_fold:end:{name}{CLEAR}"]


def ran(command: str, code: int | None, *lines: str, during: str = "") -> list[str]:
    """A command of the job's own; with code None it never ended."""
    begun = [f"travis_time:start:0a1b2c3d{CLEAR}$ {command}", *lines]
    if code is None:
        return begun
    colour = "\x1b[32;1m" if code == 0 else "\x1b[31;1m"
    how = "failed and exited with" if during else "exited with"
    tail = f" during {during}" if during else ""
    return [
        *begun,
        f"travis_time:end:0a1b2c3d:start=1,finish=2,duration=1{CLEAR}",
        f'{colour}The command "{command}" {how} {code}{tail}.\x1b[0m',
        "",
    ]


HEAD = [
    *fold("worker_info", "hostname: 1@worker", "version: v6.2.8"),
    *fold("system_info", "Build language: python", "error: not of the job"),
    *fold("git.checkout", f"travis_time:start:11{CLEAR}$ git clone https://example.org/a.git", "Cloning into 'a'..."),
]
AFTER = fold(
    "after_failure.1", f"travis_time:start:22{CLEAR}$ cat error.log", "cat: error.log: No such file or directory"
)
DONE = ["", "Done. Your build exited with 1."]


def parts_of(*lines: str) -> list[str]:
    log = "\n".join(lines).encode()
    return [log[start:end].decode() for start, end in failed_parts(log)]


def test_the_command_that_failed_is_told_from_those_that_did_not() -> None:
    lines = [
        *HEAD,
        *fold("install", *ran("pip install -r requirements.txt", None, "Collecting error-helpers")),
        *ran("make lint", 0, "a.py:3: error: only told"),
        *ran("make test", 1, "FAILED tests/test_a.py::test_b"),
        *ran("make docs", 0, "error pages: 3"),
        *AFTER,
        *DONE,
    ]
    (part,) = parts_of(*lines)
    assert "FAILED tests/test_a.py::test_b" in part
    assert 'The command "make test" exited with 1.' in part
    for other in ("only told", "error pages", "error.log", "error-helpers", "not of the job"):
        assert other not in part


def test_every_failed_command_is_a_part() -> None:
    lines = [
        *HEAD,
        *ran("make lint", 2, "lint is red"),
        *ran("make a", 0, "well"),
        *ran("make test", 1, "test is red"),
        *DONE,
    ]
    first, second = parts_of(*lines)
    assert "lint is red" in first
    assert "test is red" in second
    assert "well" not in first + second


def test_a_failed_install_ends_the_job() -> None:
    failed = 'The command "npm ci" failed and exited with 1 during .'
    lines = [
        *HEAD,
        f"travis_fold:start:install{CLEAR}travis_time:start:33{CLEAR}$ npm ci",
        "npm ERR! code E404",
        failed,
        "",
        "Your build has been stopped.",
    ]
    (part,) = parts_of(*lines)
    assert "npm ERR! code E404" in part
    assert "error: not of the job" not in part


@pytest.mark.parametrize("word", ["after_failure", "after_script", "cache.2", "deploy", "before_cache"])
def test_what_runs_after_the_failure_is_no_part_of_it(word: str) -> None:
    lines = [*HEAD, *ran("make", 2, "a.c:1:1: error: no"), *fold(word, "fatal: error: failed after"), *DONE]
    assert [("error: no" in part, "failed after" in part) for part in parts_of(*lines)] == [(True, False)]


def test_what_runs_after_an_unfinished_command_is_no_part_of_it() -> None:
    text = "".join(parts_of(*HEAD, *ran("make", None, "a.c:1:1: error: no"), *AFTER, *DONE))
    assert "a.c:1:1: error: no" in text
    assert "error.log" not in text


def test_a_cache_that_is_set_up_is_no_failure() -> None:
    lines = [
        *HEAD,
        *fold("cache.1", "Setting up build cache", "failed to fetch the archive"),
        *ran("make", 2, "a.c:1: error: no"),
    ]
    (part,) = parts_of(*lines)
    assert "error: no" in part
    assert "archive" not in part


def test_a_job_that_was_cut_off_is_read_where_it_hung() -> None:
    stopped = "No output has been received in the last 10m0s, this potentially indicates a stalled build"
    lines = [
        *HEAD,
        *ran("make lint", 0, "fine"),
        *ran("make test", None, "test 12 of 40", "", stopped, "The build has been terminated"),
    ]
    text = "".join(parts_of(*lines))
    assert "test 12 of 40" in text
    assert stopped in text
    assert "fine" not in text
    assert stopped in bench.extract("\n".join(lines), 1000)


def test_a_job_that_never_left_its_setup_is_read_there() -> None:
    lines = [
        *fold("worker_info", "hostname: 1"),
        f"travis_fold:start:git.checkout{CLEAR}$ git clone https://example.org/a.git",
        "fatal: unable to access 'https://example.org/a.git/'",
    ]
    (part,) = parts_of(*lines)
    assert "fatal: unable to access" in part
    assert "hostname" not in part


def test_a_quoted_end_of_a_command_is_none() -> None:
    lines = [*HEAD, *ran("make test", 1, "our tool exited with 1 once", "error: real"), *ran("make b", 0, "x")]
    (part,) = parts_of(*lines)
    assert "error: real" in part


def test_travis_inside_of_an_actions_log() -> None:
    lines = [
        *HEAD,
        *ran("make lint", 0, "fine: error free"),
        *ran("make test", 1, "FAILED tests/test_a.py::test_b"),
        *AFTER,
        *DONE,
    ]
    tail = ["Post job cleanup.", "fatal: error: failed in cleaning up", "Cleaning up orphan processes"]
    text = "".join(f"2026-01-02T03:04:05.{n:07d}Z {line}\n" for n, line in enumerate([*lines, *tail]))
    found = bench.extract(text, 1000)
    assert "FAILED tests/test_a.py::test_b" in found
    for other in ("failed in cleaning up", "error.log", "not of the job"):
        assert other not in found


def gitlab(*script: str, after: tuple[str, ...] = (), stage: str = "step_script", cut: bool = False) -> list[str]:
    def section(name: str, *lines: str) -> list[str]:
        return [f"section_start:1772600000:{name}{CLEAR}{CLEAR}title", *lines, f"section_end:1772600009:{name}{CLEAR}"]

    lines = [
        "Running with gitlab-runner 17.8.3",
        *section("prepare_executor", "Using Docker executor", "WARNING: Failed to pull image once, error ignored"),
        *section("get_sources", "Fetching changes", "warning: error in refs"),
        *section(stage, *script),
    ]
    if cut:
        return lines[:-1]
    return [*lines, *(section("after_script", *after) if after else []), "ERROR: Job failed: exit code 1"]


def test_a_gitlab_job_failed_in_its_script() -> None:
    lines = gitlab(
        "$ make test", "FAILED tests/test_a.py::test_b", after=("$ rm -r build", "rm: error: no such folder")
    )
    (part,) = parts_of(*lines)
    assert "FAILED tests/test_a.py::test_b" in part
    for other in ("Failed to pull", "error in refs", "no such folder"):
        assert other not in part


@pytest.mark.parametrize("stage", ["get_sources", "prepare_executor", "build_script"])
def test_a_gitlab_job_that_ended_earlier_failed_there(stage: str) -> None:
    (part,) = parts_of(*gitlab("fatal: repository not found", stage=stage))
    assert "fatal: repository not found" in part


def test_a_gitlab_job_that_was_cut_off_is_read_to_its_end() -> None:
    (part,) = parts_of(*gitlab("$ make test", "still running", cut=True))
    assert part.endswith("still running")


@pytest.mark.parametrize(
    "lines",
    [
        gitlab("$ make test", "FAILED tests/test_a.py::test_b"),
        [*HEAD, *ran("make test", 1, "FAILED tests/test_a.py::test_b"), *DONE],
    ],
    ids=["gitlab", "travis"],
)
def test_marks_of_a_runner_are_not_quoted(lines: list[str]) -> None:
    quoted = bench.extract("\n".join(lines), 1000)
    assert "FAILED tests/test_a.py::test_b" in quoted
    assert not [mark for mark in ("section_end:", "section_start:", "travis_time:", "travis_fold:") if mark in quoted]


@pytest.mark.parametrize(
    "log",
    [
        b"",
        b"error: x\nmake: *** [all] Error 2\n",
        b"2026-01-02T03:04:05.1234567Z ##[group]Run make\n2026-01-02T03:04:05.1234567Z ##[error]x\n",
        b'The command "make" exited with 1.\n',
        b"Done. Your build is fine\n",
        b"a section starts here\n",
    ],
)
def test_other_logs_have_no_such_parts(log: bytes) -> None:
    assert failed_parts(log) == ()


def test_sections_of_such_logs_count_lines_as_the_log_does() -> None:
    lines = [*HEAD, *ran("make lint", 2, "lint is red"), *ran("make test", 1, "test is red"), *DONE]
    log = "\n".join(lines).encode()
    found = sections(CheckedJob(id=1, name="x", conclusion="failure", log=log))
    assert len(found) == 2
    assert [section.line for section in found] == [log.count(b"\n", 0, section.start) + 1 for section in found]


def test_every_place_is_found() -> None:
    assert list(found(b"aXbXXc", b"X")) == [1, 3, 4]
    assert list(found(b"aXbXXc", b"X", 2, 4)) == [3]


MARKS = [
    line.encode() for line in (*HEAD, *ran("make", 1, "error"), *ran("a", 0), *AFTER, *DONE, *gitlab("x", after=("y",)))
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(MARKS) | st.binary(max_size=20), max_size=30), st.sampled_from([b"\n", b"\r\n", b""]))
def test_marks_in_any_order_give_sound_ranges(rows: list[bytes], end: bytes) -> None:
    log = end.join(rows)
    last = 0
    for start, stop in failed_parts(log):
        assert last <= start <= stop <= len(log)
        last = stop
