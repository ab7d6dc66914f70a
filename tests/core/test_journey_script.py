"""Journeys as commands: what a script must hold, and what a log of Actions is believed to show."""

from __future__ import annotations

import re

import pytest
from core_journeys import JOURNEYS
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.journey_script import INPUT_CHARS, Script, ScriptStep, read_log, script_problems
from otto_bot.core.journeys import JourneyReport, report_problems

TWO = JOURNEYS[:1]
NONCE = "ab12cd34ef56ab78"


def script(first: str = "make a | grep -q b", second: str = "make c", setup: tuple[str, ...] = ()) -> Script:
    return Script(setup=setup, steps=(ScriptStep(id="j1.s1", command=first), ScriptStep(id="j1.s2", command=second)))


LONG = Script(steps=tuple(ScriptStep(id=f"j{n}.s{m}", command="x" * 2000) for n in range(1, 5) for m in range(1, 11)))
SCRIPTS = [
    ("good", script(), ""),
    ("a step is missing", Script(steps=script().steps[:1]), "each once and in this order"),
    ("in another order", Script(steps=script().steps[::-1]), "each once and in this order"),
    ("does nothing", script("true"), "does nothing"),
    ("only talks", script('echo "it works"'), "does nothing"),
    ("hides its exit code", script("curl -f x || true"), "its exit code says nothing"),
    ("hides it at the end", script("curl -f x\nexit 0"), "its exit code says nothing"),
    ("strict", script("set -e\ncurl -f x\necho fine"), ""),
    ("ends in the background", script("make serve &"), "its exit code says nothing"),
    ("too long", LONG, "more than"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "made", "why"), SCRIPTS, ids=[row[0] for row in SCRIPTS])
def test_a_script_that_shows_nothing_is_rejected(name, made, why):
    found = script_problems(TWO, made)
    assert (not found) if not why else any(why in line for line in found), found


def test_the_input_fits_what_github_takes():
    assert INPUT_CHARS < 65_535
    assert "\n" not in script("a\nb").to_input(NONCE)


def log(*lines: str) -> str:
    return "\ufeff" + "\n".join(f"2026-11-28T05:00:0{n % 10}.1234567Z {line}" for n, line in enumerate(lines))


def mark(*words: object) -> str:
    return " ".join(["otto-journeys", NONCE, *map(str, words)])


def walked(first: object = 0, second: object = 0, *, output: str = "fine", done: bool = True) -> list[str]:
    lines = ["##[group]Run", f"  OTTO_JOURNEYS: {{{NONCE}}}", "##[endgroup]", mark("begin", "j1.s1")]
    lines += [f"| {line}" for line in output.split("\n")]
    lines += [mark("end", "j1.s1", first), mark("begin", "j1.s2"), mark("end", "j1.s2", second)]
    return [*lines, *([mark("done")] if done else [])]


def test_exit_codes_become_steps_with_records():
    found = read_log(TWO, script(), log(*walked(0, 3)), NONCE)
    assert isinstance(found, JourneyReport)
    assert [(s.id, s.status, s.refs) for s in found.journeys[0].steps] == [
        ("j1.s1", "passed", ("R1",)),
        ("j1.s2", "failed", ("R2",)),
    ]
    assert (found.records[0].what, found.records[0].output, found.records[1].exit_code) == (
        "make a | grep -q b", "fine", 3,
    )  # fmt: skip
    assert report_problems(TWO, found) == ()


def test_a_command_that_hung_failed():
    found = read_log(TWO, script(), log(*walked("timeout")), NONCE)
    assert isinstance(found, JourneyReport)
    assert (found.failing, found.records[0].timed_out, found.records[0].exit_code) == (("j1",), True, None)
    assert report_problems(TWO, found) == ()


def test_a_failed_set_up_says_nothing_about_the_product():
    lines = [mark("begin", "setup.1"), mark("end", "setup.1", 1), *walked()]
    assert "the set-up failed: `pip install`" in str(read_log(TWO, script(setup=("pip install",)), log(*lines), NONCE))


UNBELIEVED = [
    ("nothing", []),
    ("stopped in the middle", walked(done=False)),
    ("a step without an end", [line for line in walked() if "end j1.s1" not in line]),
    ("an end of another step", [line.replace("end j1.s1", "end j1.s9") for line in walked()]),
    ("a step twice", [*walked(done=False), *walked()]),
    ("more after the end", [*walked(), mark("begin", "j1.s1")]),
    ("another nonce", [line.replace(NONCE, "0" * 16) for line in walked()]),
    ("a step is missing", [line for line in walked() if "j1.s2" not in line]),
    ("no number", walked("fine")),
]


@pytest.mark.parametrize(("name", "lines"), UNBELIEVED, ids=[row[0] for row in UNBELIEVED])
def test_a_log_that_does_not_show_each_step_once_is_not_believed(name, lines):
    assert isinstance(read_log(TWO, script(), log(*lines), NONCE), str)


PIECES = st.lists(
    st.sampled_from([
        mark("begin", "j1.s2"), mark("end", "j1.s1", 0), mark("end", "j1.s2", 0), mark("done"), "\n", "\r", "\u2028",
        "| ", "2026-11-28T05:00:00.1Z ", "x", "::error::", "\ufeff", "",
    ]),
    max_size=12,
).map("".join)  # fmt: skip


@given(PIECES)
def test_no_output_can_look_like_a_mark(output):
    said = re.sub(r"\r\n|\r", "\n", output)
    shown = "\n".join(said.split("\n"))
    found = read_log(TWO, script(), log(*walked(1, 2, output=shown)), NONCE)
    assert isinstance(found, JourneyReport)
    assert [step.status for step in found.journeys[0].steps] == ["failed", "failed"]
