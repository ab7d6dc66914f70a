"""Journeys as commands, line by line: what is sent, what is refused, and what a log is taken to say."""

from __future__ import annotations

import json

import pytest
from core_journeys import JOURNEYS
from pydantic import ValidationError

from otto_bot.core.journey_script import Script, ScriptStep, read_log, script_problems
from otto_bot.core.journeys import JourneyReport

ONE = JOURNEYS[:1]
NONCE = "ab12cd34ef56ab78"


def script(first: str = "make a", second: str = "make c", *setup: str) -> Script:
    return Script(setup=setup, steps=(ScriptStep(id="j1.s1", command=first), ScriptStep(id="j1.s2", command=second)))


def mark(*words: object) -> str:
    return " ".join(["otto-journeys", NONCE, *map(str, words)])


def block(name: str, code: object = 0, *output: str) -> list[str]:
    return [mark("begin", name), *output, mark("end", name, code)]


WALKED = [*block("j1.s1"), *block("j1.s2"), mark("done")]


def read(*lines: str, made: Script | None = None) -> JourneyReport | str:
    return read_log(ONE, made or script(), "\n".join(lines), NONCE)


def report(*lines: str, made: Script | None = None) -> JourneyReport:
    found = read(*lines, made=made)
    assert isinstance(found, JourneyReport), found
    return found


def test_what_actions_is_sent() -> None:
    """The workflow reads names, commands and a limit of three minutes a step: what hangs must not hold a runner."""
    sent = json.loads(script("a", "b", "x", "y").to_input("n"))
    names = [("setup.1", "x"), ("setup.2", "y"), ("j1.s1", "a"), ("j1.s2", "b")]
    assert sent == {"nonce": "n", "seconds": 180, "steps": [{"id": key, "command": told} for key, told in names]}
    assert list(script("a", "b", "x", "y").commands().items()) == names


def _of_size(size: int) -> Script:
    """A script whose input, with a nonce of sixteen letters, has so many characters."""
    full = [ScriptStep(id=f"j{n}.s{m}", command="x" * 1900) for n in (1, 2, 3) for m in range(1, 11)]
    made = Script(steps=(*full, ScriptStep(id="j4.s1", command="x")))
    while (room := size - len(made.to_input("0" * 16))) > 0:
        last = made.steps[-1]
        longer = last.model_copy(update={"command": last.command + "x" * min(room, 1900)})
        made = made.model_copy(update={"steps": (*made.steps[:-1], longer)})
    return made


@pytest.mark.parametrize(("size", "fits"), [(59_999, True), (60_000, True), (60_001, False)])
def test_the_input_may_be_sixty_thousand_letters_long(size: int, fits: bool) -> None:
    """GitHub refuses a dispatch that is longer than its limit: the author is told while it can still be shortened."""
    assert any("more than 60000" in one for one in script_problems((), _of_size(size))) is not fits


@pytest.mark.parametrize(("field", "most"), [("a command", 2000), ("a setup command", 2000), ("setup commands", 10)])
def test_a_script_has_a_size(field: str, most: int) -> None:
    def made(length: int) -> Script:
        setup: tuple[str, ...] = {"a setup command": ("x" * length,), "setup commands": ("x",) * length}.get(field, ())
        return script("x" * length if field == "a command" else "x", "x", *setup)

    assert made(most)
    assert made(1)
    with pytest.raises(ValidationError):
        made(most + 1)
    if field != "setup commands":
        with pytest.raises(ValidationError):
            made(0)


NOTHING, HIDDEN = "does nothing", "exit code says nothing"


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("make a", ""),
        ("   ", NOTHING),
        (" true ", NOTHING),
        ("exit 0", NOTHING),
        ("sleep 3", NOTHING),
        ("make a\necho done", HIDDEN),
        ("set -e\nmake a\necho done", ""),
        ("set -e\nmake a || true", HIDDEN),
        ("make a; true", HIDDEN),
        ("make a &", HIDDEN),
        ("true\nmake a", ""),
        ("make a\n", ""),
        ("make a\n\n  true  \n", HIDDEN),
        ("echo one | grep two", ""),
    ],
)
def test_a_command_whose_end_says_nothing_is_refused(command: str, wrong: str) -> None:
    found = script_problems(ONE, script(command))
    assert [NOTHING if NOTHING in one else HIDDEN for one in found if "j1.s1" in one] == ([wrong] if wrong else [])
    assert len(found) == bool(wrong)


def test_each_step_is_looked_at_and_setup_may_do_as_it_likes() -> None:
    found = script_problems(ONE, script("true", "true", "true", "make serve &"))
    assert [one.partition(":")[0] for one in found] == ["j1.s1", "j1.s2"]
    found = script_problems(ONE, script("make a || true", "true"))
    assert [one.partition(":")[0] for one in found] == ["j1.s1", "j1.s2"]


@pytest.mark.parametrize(("length", "shown"), [(59, 59), (60, 60), (61, 60)])
def test_the_end_of_a_line_shows_why_it_says_nothing(length: int, shown: int) -> None:
    line = "x" * (length - len(" || true")) + " || true"
    (found,) = script_problems(ONE, script(f"make\n{line}"))
    assert found == f"j1.s1: its exit code says nothing: `{line[-shown:]}`"


@pytest.mark.parametrize(("length", "whole"), [(1999, True), (2000, True), (2001, False)])
def test_two_thousand_letters_of_a_steps_output_are_kept(length: int, whole: bool) -> None:
    found = report(mark("begin", "j1.s1"), "| " + "o" * length, mark("end", "j1.s1", 0), *WALKED[2:])
    assert ("o" * length == found.records[0].output) is whole
    assert ("characters cut" in found.records[0].output) is not whole


def test_each_step_has_a_record_with_its_command_numbered_as_it_ran() -> None:
    lines = [*block("setup.1"), *block("j1.s1", 0, "| a", "b", "| | c"), *block("j1.s2", "-1"), mark("done")]
    found = report(*lines, made=script("make a", "make c", "pip"))
    told = [(one.number, one.tool, one.what, one.exit_code, one.output) for one in found.records]
    assert told == [(2, "run", "make a", 0, "a\n| c"), (3, "run", "make c", -1, "")]
    (journey,) = found.journeys
    assert [(one.status, one.seen, one.refs) for one in journey.steps] == [
        ("passed", "", ("R2",)),
        ("failed", "its command ended with exit code -1", ("R3",)),
    ]


def test_a_step_that_hung_says_so() -> None:
    found = report(*block("j1.s1"), *block("j1.s2", "timeout"), mark("done"))
    assert [one.seen for one in found.journeys[0].steps] == ["", "its command ended with its time limit"]
    assert [(one.timed_out, one.exit_code) for one in found.records] == [(False, 0), (True, None)]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("setup.1", 1, "the set-up failed: `pip` (exit code 1)"),
        ("setup.1", "timeout", "the set-up failed: `pip` (time limit)"),
        ("setup.9", 2, "the set-up failed: `` (exit code 2)"),
        ("setup.1", 0, None),
    ],
)
def test_a_set_up_that_failed_is_named(name: str, code: object, words: str | None) -> None:
    found = read(*block(name, code), *WALKED, made=script("a", "b", "pip"))
    assert (found if words else isinstance(found, JourneyReport)) == (words or True)


@pytest.mark.parametrize(("length", "shown"), [(199, 199), (200, 200), (201, 200)])
def test_a_set_up_that_failed_is_named_in_short(length: int, shown: int) -> None:
    found = read(*block("setup.1", 1), *WALKED, made=script("a", "b", "p" * length))
    assert found == f"the set-up failed: `{'p' * shown}` (exit code 1)"


@pytest.mark.parametrize(("length", "shown"), [(19, 19), (20, 20), (21, 20)])
def test_a_step_without_an_end_is_named_in_short(length: int, shown: int) -> None:
    found = read(mark("begin", "n" * length), *WALKED)
    assert found == f"{'n' * shown} has no end in the log"


MISFIT = "ends and beginnings in the log do not fit"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "the log shows no step"),
        (["make a"], "the log shows no step"),
        ([mark("begin", "j1.s1")], "the log has no end: the job was stopped"),
        (WALKED[:2], "the log has no end: the job was stopped"),
        (WALKED[:-1], "the log has no end: the job was stopped"),
        ([mark("begin", "j1.s1"), mark("done")], "the log has no end: the job was stopped"),
        ([*WALKED, mark("anything")], "the log goes on after its end"),
        ([*WALKED[:2], *WALKED[:2], *WALKED[2:]], "a step stands twice in the log"),
        ([mark("done")], "the log does not show j1.s1 as it was asked for"),
        ([*WALKED[:2], mark("done")], "the log does not show j1.s2 as it was asked for"),
        ([*WALKED[2:4], *WALKED[:2], mark("done")], "the log does not show what was asked for as it was asked for"),
        ([*WALKED[:4], *block("j1.s3"), mark("done")], "the log does not show what was asked for as it was asked for"),
        ([mark("begin", "j1.s1"), mark("end", "j1.s1", 123456), *WALKED[2:]], MISFIT),
        ([mark("begin", "j1.s1"), mark("end", "j1.s1", "1x"), *WALKED[2:]], MISFIT),
        ([mark("begin", "j1.s1"), mark("end", "j1.s2", 0), *WALKED[2:]], MISFIT),
    ],
)
def test_a_log_that_is_not_believed_is_told_with_its_fault(lines: list[str], words: str) -> None:
    """What people read where Actions could not walk the journeys: the one thing that was wrong with its log."""
    assert read(*lines) == words


@pytest.mark.parametrize(
    "noise",
    [
        mark("begin"),
        mark("begin", "j1.s1", "more"),
        mark("end", "j1.s1"),
        mark("end", "j1.s1", 0, "more"),
        mark("begun", "j1.s1"),
        "| outside of any step",
        f"otto-journeys {NONCE[:-1]} begin j1.s1",
    ],
)
def test_a_line_that_is_no_whole_mark_is_passed_over(noise: str) -> None:
    found = report(noise, *WALKED)
    assert [one.status for one in found.journeys[0].steps] == ["passed", "passed"]
    assert [one.output for one in found.records] == ["", ""]


def test_after_the_end_only_other_lines_may_follow() -> None:
    assert report(*WALKED, "Cleaning up", "| x", "otto-journeys 0000 done").failing == ()


def test_output_of_one_step_is_not_the_next_ones() -> None:
    lines = [*block("j1.s1", 0, "| first"), *block("j1.s2", 0, "2026-11-28T05:00:00.1Z | second\r"), mark("done")]
    assert [one.output for one in report(*lines).records] == ["first", "second"]
