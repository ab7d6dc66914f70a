"""Logs of many tools, each written for this purpose: what must be quoted, whose failure it is, which are the same."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from otto_bot.diagnosis import bench
from otto_bot.diagnosis.diagnose import diagnose
from otto_bot.diagnosis.models import CheckedJob

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


@pytest.mark.parametrize("name", NAMES)
def test_quotes_stand_where_they_say(name: str) -> None:
    text = text_of(name)
    lines = text.split("\n")
    job = CheckedJob(id=1, name="check", conclusion="failure", log=text.encode())
    found = diagnose("t1", 1, None, [job], budget_chars=BUDGET).excerpts
    assert found
    for item in found:
        assert item.first_line is not None
        assert item.last_line is not None
        span = "\n".join(lines[item.first_line - 1 : item.last_line])
        for line in item.text.split("\n"):
            assert line.strip().removesuffix(" …") in span.replace("\x1b[0m", "").replace("\x1b[36;1m", "")
