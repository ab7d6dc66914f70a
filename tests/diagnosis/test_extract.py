"""Excerpts: within the budget, at their lines, and with what a reader cannot do without."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.core.evidence import Excerpt
from otto_bot.diagnosis import bench
from otto_bot.diagnosis.clean import clean_line
from otto_bot.diagnosis.diagnose import diagnose, ranked
from otto_bot.diagnosis.extract import WIDTH, excerpts
from otto_bot.diagnosis.models import CheckedJob

EXIT = "##[error]Process completed with exit code 1."
CUT = " …"


def job_of(log: bytes | str, name: str = "check") -> CheckedJob:
    return CheckedJob(
        id=1, name=name, conclusion="failure", log=log if isinstance(log, bytes) else log.encode("utf-8", "replace")
    )


def taken(log: bytes | str, budget: int) -> tuple[Excerpt, ...]:
    job = job_of(log)
    return excerpts([(job, one) for one in ranked(job)], budget)


def told(*lines: str, budget: int = 1000) -> list[str]:
    return bench.extract("\n".join(lines), budget).split("\n")


def stamped(*steps: tuple[str, list[str]]) -> str:
    """An Actions log of steps that each failed; the runner went on after them."""
    rows = [line for name, lines in steps for line in (f"##[group]Run {name}", name, "##[endgroup]", *lines, EXIT)]
    rows += ["Post job cleanup.", "fatal: error: failed in cleaning up", "Cleaning up orphan processes"]
    return "\ufeff" + "".join(f"2026-01-02T03:04:05.{n % 10**7:07d}Z {row}\n" for n, row in enumerate(rows))


def holds_lines(log: bytes, found: tuple[Excerpt, ...]) -> None:
    """Each excerpt is what stands at its lines, without blanks; long lines are cut."""
    original = log.split(b"\n")
    for item in found:
        assert item.first_line is not None
        assert item.last_line is not None
        assert 1 <= item.first_line <= item.last_line <= len(original)
        parts = [part for raw in original[item.first_line - 1 : item.last_line] for part in raw.split(b"\r")]
        texts = iter([text for part in parts if (text := clean_line(part)).strip()])
        for line in item.text.split("\n"):
            assert any(is_it(line, text) for text in texts), (item, line)


def is_it(line: str, text: str) -> bool:
    return line == text or (line.endswith(CUT) and text.startswith(line.removesuffix(CUT)) and len(line) < len(text))


pieces = st.sampled_from(
    [
        "error: x is broken",
        "FAILED tests/test_a.py::test_b - no",
        "Traceback (most recent call last):",
        "  at com.acme.Stock(Stock.java:3)",
        "E   assert 1 == 2",
        "1 failed, 3 passed",
        "##[error]Process completed with exit code 1.",
        "##[group]Run make",
        "##[endgroup]",
        "fatal " + "y" * 900,
        "✖ 3 problems",
        "größer 漢字 🙂 error",
        "\x1b[31merror\x1b[0m: red \x07\x00",
        "10%\r50% error\r100%",
        "",
        "   ",
        "working",
    ]
)
logs = st.lists(pieces | st.text(max_size=30), max_size=60).map("\n".join)


@settings(max_examples=150)
@given(logs, st.integers(0, 5000))
def test_no_budget_is_exceeded_and_each_quote_stands_at_its_lines(text: str, budget: int) -> None:
    raw = text.encode("utf-8", "replace")
    found = taken(raw, budget)
    assert len("\n".join(item.text for item in found)) <= budget
    holds_lines(raw, found)
    assert taken(raw, budget) == found
    assert len(bench.extract(text, budget)) <= budget
    last = 0
    for item in found:
        assert last <= (item.first_line or 0)
        last = item.last_line or 0


@pytest.mark.parametrize("budget", [*range(40), 100, 399, 400, 401, 1000, 5000])
def test_every_small_budget_holds(budget: int) -> None:
    text = stamped(
        ("make", ["error: " + "long " * 300, "error: short", "1 error"]), ("lint", ["a.c:1:1: error: " + "x" * 90])
    )
    assert len(bench.extract(text, budget)) <= budget


def test_a_budget_that_holds_a_line_is_used() -> None:
    for budget in (20, 50, 100, 300):
        assert bench.extract("error: the disk is " + "very " * 200 + "full", budget).startswith("error: the")


def test_a_long_line_is_cut_and_says_so() -> None:
    found = taken("error: " + "x" * 3000 + "\nnext", 2000)
    assert found[0].text.split("\n")[0].endswith(CUT)
    assert all(len(line) <= WIDTH for item in found for line in item.text.split("\n"))


NOISE = [f"compiling unit {n}" for n in range(200)]


def test_the_first_error_the_count_and_the_exit_are_kept() -> None:
    many = [f"src/m{chr(97 + n % 26) * (n % 40 + 1)}.py:{n}:1: error: problem {n}" for n in range(2000)]
    found = told(*NOISE, "src/first.py:3:1: error: the reason of all", *many, "Found 2001 errors in 27 files", EXIT)
    assert "src/first.py:3:1: error: the reason of all" in found
    assert "Found 2001 errors in 27 files" in found
    assert EXIT in found


def test_what_stands_around_the_first_error_is_kept() -> None:
    follow = ["E   LookupError: the first reason", "E   and its second line"]
    later = [f"warning: unused thing {n}" for n in range(400)]
    found = told(
        *NOISE, "____ test_first ____", "Traceback (most recent call last):", *follow, *later, "1 failed", EXIT
    )
    assert set(follow) <= set(found)


@pytest.mark.parametrize("place", [0, 30, 250, 470, 499])
def test_many_equal_errors_do_not_hide_another(place: int) -> None:
    loud = [f"ERROR: connection {n} to the pool was lost after {n * 3} ms" for n in range(500)]
    loud.insert(place, "ERROR: column 'colour' does not exist")
    found = told(*NOISE, *loud, *NOISE, EXIT)
    assert "ERROR: column 'colour' does not exist" in found


def test_the_room_of_equal_errors_goes_to_another() -> None:
    loud = [f"src/model{n}.c:{n}:1: error: expected ';'" for n in range(60)]
    other = "src/rate.c:7:1: error: control reaches the end of a function that should return a rate"
    found = told(*NOISE, *loud[:30], other, *loud[30:], EXIT, budget=500)
    assert other in found
    assert loud[0] in found


def test_two_kinds_of_failure_are_both_quoted() -> None:
    lint = [f"  {n}:1  error  'x{n}' is not defined  no-undef" for n in range(300)]
    found = told(
        *lint, "✖ 300 problems (300 errors, 0 warnings)", "--- FAIL: TestQuote (0.00s)", "    q_test.go:3: got 1", EXIT
    )
    assert "--- FAIL: TestQuote (0.00s)" in found
    assert "    q_test.go:3: got 1" in found
    assert any("no-undef" in line for line in found)


@pytest.mark.parametrize("loud_first", [True, False])
def test_failing_steps_share_the_budget(loud_first: bool) -> None:
    loud = ("loud", [f"src/m{chr(97 + n % 26)}.c:{n}:1: error: {'so much ' * 20}{n}" for n in range(5000)])
    small = ("small", ["E   KeyError: 'colour'", "tests/test_small.py:3: KeyError", "1 failed in 0.1s"])
    text = stamped(*((loud, small) if loud_first else (small, loud)))
    found = bench.extract(text, 1200)
    assert all(line in found for line in small[1])
    assert "so much" in found
    assert "failed in cleaning up" not in found


def test_what_a_small_step_leaves_goes_to_the_others() -> None:
    loud = [f"src/m{chr(97 + n % 26) * (1 + n % 30)}.c:{n}:1: error: {'much ' * 9}" for n in range(500)]
    found = taken(stamped(("small", ["error: one"]), ("loud", loud)), 2000)
    assert sum(len(item.text) for item in found) > 1700


def test_parts_that_say_nothing_take_little() -> None:
    silent = [("quiet", [f"working on part {chr(97 + n % 26) * (n % 30 + 1)}" for n in range(200)])] * 4
    loud = [f"src/m{chr(97 + n % 26) * (1 + n % 30)}.c:{n}:1: error: {'much ' * 9}" for n in range(500)]
    found = bench.extract(stamped(*silent[:2], ("loud", loud), *silent[2:]), 2000)
    assert sum(len(line) + 1 for line in found.split("\n") if "much" in line) > 1200
    assert sum(len(line) + 1 for line in found.split("\n") if "working on" in line) < 600


def test_jobs_share_the_budget_too() -> None:
    loud = job_of(stamped(("loud", [f"ERROR: {'loud ' * 30}{n}" for n in range(900)])), "loud")
    small = job_of(stamped(("small", ["Error: the quiet one"])), "small")
    for jobs in ([loud, small], [small, loud]):
        found = diagnose("t", 1, None, jobs, budget_chars=1500).excerpts
        assert any("Error: the quiet one" in item.text for item in found)
        assert {item.source for item in found} == {"loud", "small"}
        assert sum(len(item.text) for item in found) <= 1500


def test_equal_logs_give_equal_excerpts_in_any_process() -> None:
    rng = random.Random(7)
    rows = [
        rng.choice(["error: a", "FAILED b", "at c.d(E.java:3)", "working", "expected 1 but got 2"]) for _ in range(900)
    ]
    first = bench.extract("\n".join(rows), 1500)
    assert first
    assert all(bench.extract("\n".join(rows), 1500) == first for _ in range(3))


def test_nothing_is_quoted_of_nothing() -> None:
    assert taken("", 1000) == ()
    assert taken("\n\r\n  \n", 1000) == ()
    assert bench.extract("error: x", 0) == ""


def seconds_for(text: str) -> float:
    """Processor time of all that is done with a log."""
    before = time.process_time()
    assert len(bench.extract(text, 2000)) <= 2000
    assert len(bench.extract_with_pass(text, text[:1000], 2000)) <= 2000
    bench.classify(text)
    bench.fingerprint(text)
    return time.process_time() - before


@pytest.mark.parametrize(
    "piece",
    ["error ", *(pytest.param(piece, marks=pytest.mark.slow) for piece in ('"', " ", "\x1b[31m", "error\r", "é✖"))],
)
def test_a_line_of_a_million_characters_ends_in_time(piece: str) -> None:
    assert seconds_for("error: before\n" + piece * (1_000_000 // len(piece)) + "\nerror: after") < 8


@pytest.mark.parametrize(
    "block",
    [
        "FAIL: x (y)\n-----\nTraceback (most recent call last):\n",
        "travis_fold:start:x\r\n",
        "section_start:1:step_script\r\n",
        "##[error]x\n",
        "Post job cleanup.\n",
        "FAILED tests/test_a.py::test_b - x\n",
    ],
)
def test_marks_without_number_end_in_time(block: str) -> None:
    assert seconds_for(block * (200_000 // len(block))) < 8


@pytest.mark.parametrize(
    "block",
    [
        "##[group]Run x\n##[error]y\n",
        "travis_fold:start:git.x\ntravis_fold:end:git.x\n",
        'travis_\nThe command "x" exited with 1.\n',
    ],
)
def test_the_parts_of_a_log_that_are_read_are_limited(block: str) -> None:
    assert len(ranked(job_of(block * 1000))) <= 200


def test_more_failing_parts_than_the_budget_holds_leave_whole_lines() -> None:
    why = "src/m{}.c:3:1: error: a name is not declared in this scope"
    found = bench.extract(stamped(*((f"part{n}", [why.format(chr(97 + n % 26))]) for n in range(90))), 1000)
    assert found.count("a name is not declared in this scope") >= 5
