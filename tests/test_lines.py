"""A log line is one bounded line in both forms, says what is worked on, and tells no secret."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from datetime import datetime

import pytest

from otto_bot.core.redact import Redactor
from otto_bot.github.errors import Forbidden
from otto_bot.observe.context import bound, fields
from otto_bot.observe.events import Event, tell
from otto_bot.observe.lines import CUT, Lines

SECRET = "correct-horse-battery-staple-42"
HOSTILE = "a\n2026-01-01T00:00:00Z ERROR otto_bot: forged\r\x1b[2J\x1b]0;title\x07\u202egnp\u2028b\x00\ud800" + "x" * (
    1 << 20
)


class Said:
    """What a logger of some library says, as lines of one form."""

    def __init__(self, form: str) -> None:
        self.lines = Lines("json" if form == "json" else "text")
        self.lines.clean = Redactor([SECRET]).text
        self.got: list[str] = []
        self.log = logging.Logger("somebody.else", logging.DEBUG)  # noqa: LOG001 - of this test alone
        handler = logging.Handler()
        handler.setFormatter(self.lines)
        handler.emit = lambda record: self.got.append(handler.format(record))  # type: ignore[method-assign]
        self.log.addHandler(handler)

    def json(self) -> dict[str, object]:
        """The last line."""
        line: dict[str, object] = json.loads(self.got[-1])
        return line


def fails(words: str) -> None:
    raise RuntimeError(words)


@pytest.fixture(params=["text", "json"])
def said(request: pytest.FixtureRequest) -> Said:
    return Said(request.param)


def test_hostile_words_stay_one_bounded_line(said: Said) -> None:
    with bound(repository=HOSTILE[:200], run=7):
        said.log.warning("words: %s", HOSTILE)
        tell(said.log, Event.RUN_STARTED, kind=HOSTILE)

    for line in said.got:
        assert line.isascii() or line.isprintable()
        assert "\n" not in line
        assert "\x1b" not in line
        assert len(line) < 40_000
        assert CUT.encode("ascii", "ignore").decode() in line
        line.encode()


def test_a_traceback_is_a_field_of_the_line_or_lines_that_cannot_be_taken_for_others(said: Said) -> None:
    try:
        fails(HOSTILE)
    except RuntimeError:
        said.log.exception("failed")

    (whole,) = said.got
    assert len(whole) < 200_000
    if said.lines.form == "json":
        assert "\n" not in whole
        assert "cut" in str(said.json()["traceback"])
    else:
        assert all(line.startswith("  | ") for line in whole.split("\n")[1:])


def test_a_line_of_json_has_time_level_logger_words_and_what_is_worked_on() -> None:
    said = Said("json")
    said.lines.steady = {"version": "1.2.3", "worker": "w"}
    with bound(run=7, task="t2", attempt=0), bound(effect="run/7/code/t2/a1", generation=2):
        said.log.warning("it is %s", Forbidden(403, "no", "AB:CD"))
        tell(said.log, Event.ATTEMPT_BEGUN, task="t3", attempt=1, nothing=None)
    said.log.info("outside")

    first, second, third = map(json.loads, said.got)
    at = datetime.fromisoformat(first.pop("time"))
    assert at.utcoffset() is not None
    assert first == {
        "level": "warning", "logger": "somebody.else", "message": "it is no (request AB:CD)", "version": "1.2.3",
        "worker": "w", "run": 7, "task": "t2", "effect": "run/7/code/t2/a1", "generation": 2,
        "github_request_id": "AB:CD",
    }  # fmt: skip
    assert (second["event"], second["message"], second["task"], second["run"]) == ("attempt.begun",) * 2 + ("t3", 7)
    assert "nothing" not in second
    assert "run" not in third


def test_text_shows_the_same_ids_in_brackets() -> None:
    said = Said("text")
    with bound(run=7, delivery="guid-1"):
        tell(said.log, Event.RUN_STARTED, kind="build")

    assert said.got[0].endswith("Z INFO somebody.else [run=7 delivery=guid-1]: run.started kind=build")


def test_fields_and_tracebacks_tell_no_secret(said: Said) -> None:
    with bound(repository=f"o/{SECRET}"):
        tell(said.log, Event.RUN_STARTED, kind=f"{'y' * 290}{SECRET}")
        try:
            fails(SECRET)
        except RuntimeError:
            said.log.exception("failed")

    assert SECRET[:12] not in "".join(said.got)
    assert "[redacted]" in said.got[1]


async def test_what_is_bound_is_carried_into_tasks_and_threads_and_not_out_of_them() -> None:
    async def inside() -> object:
        with bound(task="t1"):
            return await asyncio.to_thread(lambda: dict(fields()))

    with bound(run=7):
        work = asyncio.create_task(inside())
    assert await work == {"run": 7, "task": "t1"}
    assert fields() == {}


def test_a_library_that_formats_its_own_words_wrongly_loses_no_line(said: Said) -> None:
    said.log.warning("%d", "no number")

    assert "%d" in said.got[0]


PROGRAM = """
import logging, sys, threading, warnings
from otto_bot.observe.lines import install
from otto_bot.discretion import discreet
install("info", "json")
discreet(["{secret}"])
warnings.warn("of the interpreter")
import uvicorn
uvicorn.Config("x:y", log_config=None, log_level="info")
logging.getLogger("uvicorn.error").info("of the server {secret}")
def fails():
    raise RuntimeError("{secret}")
thread = threading.Thread(target=fails); thread.start(); thread.join()
fails()
"""


def test_servers_warnings_and_what_nobody_catches_are_lines_of_json_too() -> None:
    """Every line of standard error can be read by the same reader."""
    code = PROGRAM.format(secret=SECRET)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]

    assert [line["logger"] for line in lines] == ["py.warnings", "uvicorn.error", "otto_bot", "otto_bot"]
    assert lines[1]["message"] == "of the server [redacted]"
    assert all("RuntimeError: [redacted]" in line["traceback"] for line in lines[2:])
    assert SECRET not in done.stderr
