"""What makes two failures the same: a hash that numbers, times, temporary paths and hashes do not change."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from otto_bot.core.evidence import Cause, FailingTest, Failure, Progress

_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<addr>"),
    (re.compile(r"(?:/private)?(?:/var/folders|/tmp|/var/tmp)/[^\s:'\",)]+"), "<tmp>"),
    (re.compile(r"(?:/home/runner/work|/__w|/github/workspace|[A-Z]:\\a)[/\\](?:[\w.-]+[/\\][\w.-]+[/\\])?"), ""),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b", re.IGNORECASE), "<hash>"),
    (re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|s|sec|secs|seconds|m|min|minutes|h|[kKMG]i?B)\b"), "<amount>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def normalised(text: str) -> str:
    """The text without what changes from run to run."""
    for pattern, word in _MASKS:
        text = pattern.sub(word, text)
    return text.strip()


def key_of_test(name: str) -> str:
    """A test's name without addresses, times and temporary paths; its parameters count."""
    for pattern, word in _MASKS[:5]:
        name = pattern.sub(word, name)
    return name.strip()


def fingerprint(cause: Cause, tests: Sequence[FailingTest], first_error: str, jobs: Iterable[str] = ()) -> str:
    """16 hex digits: of the failing tests and the first error; without tests, of the jobs and the first error."""
    names = sorted({key_of_test(test.id) for test in tests}) or sorted(set(jobs))
    said = "\n".join((cause.value, *names, normalised(first_error)))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def failing_set(failure: Failure) -> frozenset[str]:
    """Names of the failing tests, comparable between runs."""
    return frozenset(key_of_test(test.id) for test in failure.failing_tests)


def progress(previous: Sequence[Failure], now: Failure) -> Progress:
    """How `now` stands to the failures of the attempts before it, oldest first.

    Fewer of the same tests is better; the same fingerprint is the same; one that was there before, but not last, is
    oscillating; anything else is new.
    """
    if not previous:
        return Progress.FIRST
    last = previous[-1]
    if now.fingerprint == last.fingerprint:
        return Progress.SAME
    if any(now.fingerprint == failure.fingerprint for failure in previous[:-1]):
        return Progress.OSCILLATING
    before, after = failing_set(last), failing_set(now)
    if after and after < before:
        return Progress.BETTER
    return Progress.NEW
