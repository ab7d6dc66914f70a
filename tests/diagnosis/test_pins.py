"""Logs of many tools, each written for this purpose: what must be quoted, whose failure it is, which are the same."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otto_bot.diagnosis import bench
from otto_bot.diagnosis.clean import with_line_ends
from otto_bot.diagnosis.diagnose import diagnose
from otto_bot.diagnosis.models import CheckedJob, StepResult

LOGS = Path(__file__).parent / "logs"
PINS: dict[str, Any] = tomllib.loads((LOGS / "pins.toml").read_text(encoding="utf-8"))
NAMES = sorted(PINS["log"])
CLASSES = sorted(name for name in NAMES if "class" in PINS["log"][name])
BUDGET = 1000
NEVER = ("Post job cleanup", "sshCommand", "Terminate orphan process", "Current runner version", "HEAD is now at")
"""What runners say before and after any failing step."""

WEAK_CLASS = {
    "mocha-hook": "a hook that ran into mocha's own timeout is the code's failure; it is read as the machine's",
}
"""Where the product falls short: the log, and how."""


def text_of(name: str) -> str:
    return (LOGS / f"{name}.log").read_bytes().decode()


@cache
def print_of(name: str) -> str:
    return bench.fingerprint(text_of(name))


def known(names: list[str], weak: dict[str, str]) -> list[Any]:
    marked = {name: [pytest.mark.xfail(strict=True, reason=why)] for name, why in weak.items()}
    return [pytest.param(name, marks=marked.get(name, [])) for name in names]


def test_every_log_has_its_pins() -> None:
    assert sorted(path.stem for path in LOGS.glob("*.log")) == NAMES
    named = {name for pair in (*PINS["same"], *PINS["differ"]) for name in pair}
    assert named <= set(NAMES)
    assert set(WEAK_CLASS) <= set(CLASSES)


@pytest.mark.parametrize("name", NAMES)
def test_what_must_be_quoted_is(name: str) -> None:
    pin = PINS["log"][name]
    quoted = bench.extract(text_of(name), BUDGET)
    assert len(quoted) <= BUDGET
    assert [piece for piece in pin["must"] if piece not in quoted] == []
    assert [piece for piece in (*NEVER, *pin.get("absent", ())) if piece in quoted] == []


@pytest.mark.parametrize("name", known(CLASSES, WEAK_CLASS))
def test_whose_failure_it_is(name: str) -> None:
    assert bench.classify(text_of(name)) == PINS["log"][name]["class"]


@pytest.mark.parametrize("pair", PINS["same"], ids="=".join)
def test_the_same_failure_has_one_fingerprint(pair: list[str]) -> None:
    assert print_of(pair[0]) == print_of(pair[1])


@pytest.mark.parametrize("pair", PINS["differ"], ids="!".join)
def test_other_failures_have_others(pair: list[str]) -> None:
    assert print_of(pair[0]) != print_of(pair[1])


def test_only_the_same_failures_share_one() -> None:
    known = {frozenset(pair) for pair in PINS["same"]}
    names: dict[str, list[str]] = {}
    for name in NAMES:
        names.setdefault(print_of(name), []).append(name)
    assert {frozenset(group) for group in names.values() if len(group) > 1} == known


AGAIN = (
    (re.compile(r"\b2026-03-04T(\d\d):(\d\d):(\d\d)\.\d{7}Z"), r"2027-11-19T07:\3:\2.7654321Z"),
    (re.compile(r"\b\d+\.\d+(?= ?(?:s|sec|seconds|ms)\b)"), "77.31"),
    (re.compile(r"\b\d+(?= ?ms\b)"), "4711"),
    (re.compile(r"(?<=section_)(start|end):\d+"), r"\1:1790000001"),
    (re.compile(r"\b0x[0-9a-f]{6,}"), "0x7fffdeadbeef"),
    (re.compile(r"(?<=seed )\d+"), "99999"),
    (re.compile(r"/home/runner/work/parcel/parcel"), "/home/runner/work/fork/fork"),
    (re.compile(r"/home/travis/build/acme/parcel"), "/home/travis/build/you/fork"),
    (re.compile(r"/builds/acme/parcel"), "/builds/other/fork"),
)
"""What another run of the same job says otherwise: times, durations, addresses, the folder it ran in."""


@pytest.mark.parametrize("name", NAMES)
def test_another_run_of_the_same_has_its_fingerprint(name: str) -> None:
    text = text_of(name)
    for pattern, changed in AGAIN:
        text = pattern.sub(changed, text)
    assert text != text_of(name)
    assert bench.fingerprint(text) == print_of(name)


BARE = [name for name in NAMES if not text_of(name).startswith("\ufeff")]


@pytest.mark.parametrize("name", BARE)
def test_inside_of_an_actions_log_it_is_the_same(name: str) -> None:
    around = ["##[group]Run ./ci.sh", "./ci.sh", "##[endgroup]", *text_of(name).split("\n")]
    around += [
        "##[error]Process completed with exit code 1.",
        "Post job cleanup.",
        "fatal: error: failed in cleaning up",
    ]
    text = "".join(f"2026-05-05T01:02:03.{n:07d}Z {line}\n" for n, line in enumerate(around))
    assert bench.fingerprint(text) == print_of(name)
    quoted = bench.extract(text, BUDGET)
    assert [piece for piece in PINS["log"][name]["must"] if piece not in quoted] == []
    assert "failed in cleaning up" not in quoted


@pytest.mark.parametrize("name", NAMES)
def test_quotes_stand_where_they_say(name: str) -> None:
    text = text_of(name)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n")
    job = CheckedJob(id=1, name="check", conclusion="failure", log=text.encode())
    found = diagnose("t1", 1, None, [job], budget_chars=BUDGET).excerpts
    assert found
    for item in found:
        assert item.first_line is not None
        assert item.last_line is not None
        span = "\n".join(lines[item.first_line - 1 : item.last_line])
        for line in item.text.split("\n"):
            assert line.strip().removesuffix(" …") in span


MARKS = [
    *(
        "##[group]Run make",
        "##[endgroup]",
        "##[error]x",
        "##[error]",
        "Post job cleanup.",
        "Cleaning up orphan processes",
    ),
    *(
        "travis_fold:start:install",
        "travis_fold:end:install",
        "travis_time:start:1",
        "travis_fold:start:after_failure.1",
    ),
    *('The command "make" exited with 1.', 'The command "make" exited with 0.', "Done. Your build exited with 1."),
    *("section_start:1:step_script\r", "section_end:1:step_script\r", "ERROR: Job failed: exit code 1"),
    *("Finished: FAILURE", "[Pipeline] }", "2026-01-02T03:04:05.1234567Z ", "\ufeff", "\x1b[31m", "\x1b]8;;", "^[[0m"),
]
TOLD = [
    line for path in sorted((Path(__file__).parent / "logs").glob("*.log")) for line in path.read_text().split("\n")
]
rows = st.lists(
    st.sampled_from(TOLD).map(str.encode)
    | st.sampled_from(MARKS).map(str.encode)
    | st.binary(max_size=60)
    | st.builds(lambda text, cut: text.encode()[:-cut], st.sampled_from(["größer ✓", "错误 🙂"]), st.integers(1, 3)),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from([b"\n", b"\r\n", b"\r", b""]), st.integers(0, 3000), st.booleans())
def test_no_log_breaks_the_room(lines: list[bytes], end: bytes, budget: int, with_step: bool) -> None:
    log = end.join(lines)
    text = log.decode("utf-8", "replace")
    assert len(bench.extract(text, budget)) <= budget
    assert len(bench.extract_with_pass(text, text[: len(text) // 2], budget)) <= budget
    assert bench.classify(text) in ("code", "environment", "infrastructure")
    assert len(bench.fingerprint(text)) == 16
    step = StepResult(
        number=2, name="Run make", conclusion="failure", started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    job = CheckedJob(id=1, name="x", conclusion="failure", log=log, steps=(step,) if with_step else ())
    failure = diagnose("t", 1, None, [job], budget_chars=budget)
    assert sum(len(item.text) for item in failure.excerpts) <= budget
    count = with_line_ends(log).count(b"\n") + 1
    assert all(1 <= (item.first_line or 0) <= (item.last_line or 0) <= count for item in failure.excerpts)
