"""What `otto-bot explain` prints: the whole of it, narrow screens, colours, and words made to deceive."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from otto_bot.core.decision import Action, Move
from otto_bot.core.evidence import Cause, Excerpt, FailingTest, Failure, FailureClass, Phase
from otto_bot.text.screen import NARROWEST, Look, columns, fitted, shown, wrapped
from otto_bot.text.why import FIX, FIX_MOVES, Told, left_out, next_move, nothing_failed, one_log, sentence, summary

RED = "\x1b[31;1mred\x1b[0m"
HOSTILE = [
    f"{RED} alert", "\x1b]0;title\x07bell\x07", "\x1b[2J\x1b[H", "a\rb", "a\nb", "\u202egnp.exe", "\u2066x\u2069",
    "\ufeffbom", "nul\x00", "c1\x9b31m", "\u200bzero", "\x7f\x08\x08back", "\udce9lone", "tag\U000e0041", "\u061c",
    "**bold** @you #1 <b>",
    "\x1b[31m" * 50, "e\u0301" * 9, "漢字" * 40, "x" * 1000,
]  # fmt: skip


class TextFile(SingleFileSnapshotExtension):
    """One readable text file a snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def printed(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Screens as text files."""
    return snapshot.use_extension(TextFile)


def told(name: str = "logs.zip · test", **more: object) -> Told:
    """A log of failing tests."""
    quotes = (
        Excerpt(
            kind="log", source="test · Run pytest", first_line=98, last_line=101,
            text="    def test_active():\n>       assert active() == [1]\nE       assert [] == [1]\ntest_cache.py:12",
        ),
        Excerpt(kind="log", source="test · Run pytest", first_line=140, last_line=140, text="##[error]It failed"),
        Excerpt(kind="annotation", source="test · src/cache.py", text="unused import", first_line=3, last_line=3),
    )  # fmt: skip
    tests = (
        FailingTest(
            id="tests/test_cache.py::test_list_active",
            message="assert [] == [1]\nat once",
            file="tests/test_cache.py",
            line=12,
            frames=("src/cache.py:7 in active",),
        ),
        FailingTest(id="tests/test_cache.py::test_empty"),
    )
    fields = {
        "task": "log", "attempt": 1, "phase": Phase.VERIFY, "cause": Cause.TEST, "exit_code": 1, "excerpts": quotes,
        "failing_tests": tests, "fingerprint": "0123456789abcdef", "suspected_files": ("src/cache.py",),
        "signals": ("2 failing tests named in the log", "exit code 1"), "failing_jobs": ("test",),
    }  # fmt: skip
    failure = Failure.model_validate({**fields, **more})
    step = "Run pytest" if failure.excerpts else ""
    return Told(name, '"Process completed with exit code 1"', failure, None, ((98, 99, 100, 101), (140,), ()), "", step)


def outage() -> Told:
    """A log of a machine that was lost."""
    move = Move(task="log", action=Action.RERUN, reason="infra")
    quote = Excerpt(kind="log", source="log", text="##[error]The runner has received a shutdown signal.", first_line=7)
    gone = told(
        "runner.log", cause=Cause.INFRA, exit_code=None, failing_tests=(), suspected_files=(),
        fingerprint="fedcba9876543210",
        signals=("runner: shutdown signal",), detail="the runner was shut down", excerpts=(quote,),
    )  # fmt: skip
    return gone._replace(move=move, numbers=((7,),), job_alone="log", step="")


@pytest.mark.parametrize("width", [None, 100, 40])
def test_a_log(printed: SnapshotAssertion, width: int | None) -> None:
    assert "\n".join(one_log(told(), Look(width))) == printed


def test_a_log_with_its_likes(printed: SnapshotAssertion) -> None:
    others = [f"logs.zip · test ({number})" for number in range(20)]

    assert "\n".join(one_log(outage(), Look(), others)) == printed


def test_a_log_in_colour(printed: SnapshotAssertion) -> None:
    lines = one_log(told(), Look(60, colour=True))

    assert "\n".join(lines).replace("\x1b", "ESC") == printed


def test_several_logs_at_a_glance(printed: SnapshotAssertion) -> None:
    groups = [[told(), told("b"), told("c")], [outage()]]
    rest = left_out(
        ["d", "e"],
        [f"logs.zip · job {number}" for number in range(6)],
        ["logs: 3 files are no logs"],
    )

    assert "\n".join(summary(groups, rest, Look(90))) == printed


def test_one_log_needs_no_summary() -> None:
    assert summary([[told()]], [], Look()) == []
    assert summary([[told()]], left_out(["d"], [], []), Look()) == ["Left out: 1 job that passed."]
    assert nothing_failed(2, Look()) == ["Nothing failed: 2 logs of passed jobs."]


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_sentence_and_a_next_step(cause: Cause) -> None:
    one = told(cause=cause, failing_tests=(), detail="")

    assert re.match(r"[A-Z].* \(exit code 1\)$", sentence(one))
    assert next_move(one)[0] in {"rerun", "fix", "ask", "hold"}


def test_without_a_cause_the_step_is_named() -> None:
    unknown = told(cause=Cause.UNKNOWN, failing_tests=())

    assert sentence(unknown) == "Step Run pytest failed, and the log does not tell why (exit code 1)"
    assert sentence(told(cause=Cause.UNKNOWN, excerpts=())) == "It failed, and the log does not tell why (exit code 1)"


def test_without_tests_or_detail_the_most_telling_line_is_named() -> None:
    assert sentence(told(failing_tests=())) == "Tests fail, in step Run pytest: E assert [] == [1] (exit code 1)"


@pytest.mark.parametrize("action", Action)
def test_every_move_has_words(action: Action) -> None:
    move = Move(task="log", action=action, reason="a fresh branch", question="May I?")
    word, words = next_move(told()._replace(move=move))

    assert word in {"rerun", "fix", "ask", "hold"}
    assert words
    assert set(FIX) == set(FIX_MOVES) == {*FailureClass, None}


def harmless(line: str, colour: bool = False) -> None:
    """Nothing in it moves the cursor, hides or turns around what is there, or ends the line."""
    plain = re.sub(r"\x1b\[(?:0|1|2|31)m", "", line) if colour else line
    assert not {unicodedata.category(c) for c in plain} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}, repr(line)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("look", [Look(), Look(50), Look(50, colour=True)])
def test_hostile_words_do_nothing(text: str, look: Look) -> None:
    """Wherever words of others can stand."""
    quote = Excerpt(kind="log", source=f"test · {text}", text=text, first_line=1, last_line=1)
    test = FailingTest(id=text, message=text, file=text, line=1)
    move = Move(task="log", action=Action.ASK, question="May I?", reason="")
    hostile = told(
        text, excerpts=(quote,), failing_tests=(test,), signals=(text,), detail=text, suspected_files=(text,),
        fingerprint=text,
    )._replace(ended=text, move=move, numbers=((1,),))  # fmt: skip
    lines = [*one_log(hostile, look, [text]), *summary([[hostile, hostile]], left_out([text], [text], [text]), look)]

    for line in lines:
        harmless(line, look.colour)
        assert look.width is None or columns(line) <= look.width


@for_all(st.text(max_size=200), st.integers(1, 120), st.integers(0, 10))
@settings(max_examples=300, deadline=None)
def test_wrapped_words_fit_and_are_all_there(text: str, width: int, indent: int) -> None:
    line = shown(text)
    lines = wrapped(line, Look(width), indent)

    assert all(columns(one) <= max(width, NARROWEST) for one in lines)
    assert "".join("".join(lines).split()) == "".join(line.split())
    assert columns(fitted(line, Look(width))) <= max(width, NARROWEST)


def test_a_very_long_line_takes_no_time() -> None:
    """A million characters, also of those that take the most work."""
    for unit in ("x", "\x1b[31m", "\u202e", "漢", "\\"):
        assert len(shown(unit * 1_000_000, 2000)) <= 2000
