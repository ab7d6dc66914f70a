"""What makes two failures the same: a hash that numbers, times, paths, hashes and the order of tests do not change."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from otto_bot.core.evidence import Cause, FailingTest
from otto_bot.diagnosis.keylines import Says, key_lines, masked, says
from otto_bot.diagnosis.masks import key_of_test, normalised
from otto_bot.diagnosis.progress import NOT_A_STATE, failing_set, progress

if TYPE_CHECKING:
    from otto_bot.diagnosis.diagnose import Reading

__all__ = ["failing_set", "fingerprint", "fingerprint_of", "key_of", "key_of_test", "normalised", "progress"]

SAID_BY_GITHUB = NOT_A_STATE | {Cause.BILLING, Cause.PERMISSION, Cause.ACTION_REQUIRED}
"""Causes that the platform's own words decide: what the job happened to print before them does not count."""

_LAST = 15
_NEARLY = 0.3
"""Lines worth this share of the best line of a step tell why it failed as well."""
_MESSAGE = 200
_MATRIX = re.compile(r"\s*\([^()]*\)$")


def fingerprint(cause: Cause, tests: Sequence[FailingTest], first_error: str, jobs: Iterable[str] = ()) -> str:
    """16 hex digits, where no log is at hand: of the failing tests, else of the first error, else of the jobs."""
    return _digest(_of_tests(tests) or _of_words(cause, first_error, jobs))


def fingerprint_of(readings: Sequence[Reading]) -> str:
    """16 hex digits: of what the failed jobs of one verification said. Equal for equal causes."""
    return _digest(key_of(readings))


def key_of(readings: Sequence[Reading]) -> tuple[str, ...]:
    """What the fingerprint is made of, readable and sorted; empty only where there are no readings.

    Failing tests with their messages; of jobs without any, the lines that are worth most, else those that are errors,
    else the last ones. Jobs that the platform broke count only where it broke all of them.
    """
    own = [reading for reading in readings if reading.finding.cause not in SAID_BY_GITHUB]
    if not own:
        return tuple(
            sorted({line for one in readings for line in _of_words(one.finding.cause, one.finding.detail, ())})
        )
    return tuple(sorted({line for reading in own for line in _of_reading(reading)}))


def _of_reading(reading: Reading) -> Iterable[str]:
    if reading.output.tests:
        return _of_tests(reading.output.tests)
    if reading.finding.cause is Cause.TIMEOUT:  # what a hanging job printed last is chance
        return (Cause.TIMEOUT.value, normalised(reading.finding.detail), _MATRIX.sub("", reading.job.source))
    if found := masked(_telling_lines(reading)) or key_lines(_errors(reading), Says.ERROR):
        return found
    if found := masked(_last_lines(reading)) or key_lines(_errors(reading)):
        return found
    return _of_words(reading.finding.cause, reading.finding.detail, [reading.job.source])


def _telling_lines(reading: Reading) -> list[str]:
    """Lines that are worth nearly as much as the best one of their step, and are no mere outcome."""
    found: list[str] = []
    for one in reading.found:
        enough = _NEARLY * max(one.worth, default=0.0)
        weighed = zip(one.spots, one.worth, strict=True)
        found += [
            spot.line.text
            for spot, worth in weighed
            if worth >= enough and not spot.heading and says(spot.line.text) >= Says.HINT
        ]
    return found


def _errors(reading: Reading) -> Sequence[str]:
    if reading.job.log:
        return reading.output.errors
    return [note.message for note in reading.job.annotations if note.level == "failure"]


def _of_tests(tests: Sequence[FailingTest]) -> tuple[str, ...]:
    return tuple(sorted({f"{key_of_test(test.id)} | {_first_line(test.message)}" for test in tests}))


def _of_words(cause: Cause, words: str, jobs: Iterable[str]) -> tuple[str, ...]:
    """Words that name an error speak for themselves; a mere outcome is told apart by the jobs it befell."""
    telling = cause in SAID_BY_GITHUB or says(words) >= Says.HINT
    named = () if telling else sorted({_MATRIX.sub("", job) for job in jobs})
    return (cause.value, normalised(words), *named)


def _first_line(message: str) -> str:
    return normalised(next((line for line in message.splitlines() if line.strip()), "")[:_MESSAGE])


def _last_lines(reading: Reading) -> list[str]:
    """The last lines that say anything before the failing command ended, at most `_LAST`."""
    if not reading.found:
        return []
    texts = [spot.line.text for spot in reading.found[-1].spots]
    if "##[endgroup]" in texts and any(text.startswith("##[group]Run ") for text in texts):
        texts = texts[texts.index("##[endgroup]") + 1 :]  # above it stands the command, as the runner shows it
    return [text for text in texts if says(text) >= Says.HINT][-_LAST:]


def _digest(key: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:16]
