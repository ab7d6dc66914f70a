"""What one would do without this project: plain ways to cut, to class and to group a log, measured in the same run.

A cutter is prepared once for a text and then asked for budgets. None of them knows more than the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bench.diagnosis.normal import normal, normal_lines, tells

Cut = Callable[[int], str]
Cutter = Callable[[str], Cut]

_CUT_MARK = "... (truncated)\n"
_TROUBLE = re.compile(r"error|fail", re.IGNORECASE)
_BEFORE, _AFTER = 2, 5
_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ?", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_RETURNS = re.compile(r"\r+\n")
_CHANGING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{7,40}\b|\d+")
_CHANGING_OR_TEMPORARY = re.compile(_CHANGING.pattern + r"|/tmp/\S+")
_TAIL_OF_WORDS = 2000


def tail(text: str) -> Cut:
    """The last characters of the log."""

    def cut(budget: int) -> str:
        return text if len(text) <= budget else _CUT_MARK + text[-(budget - len(_CUT_MARK)) :]

    return cut


def around_trouble(text: str) -> Cut:
    """Lines with `error` or `fail`, two lines before and five after them; of all that the last characters."""
    lines = text.split("\n")
    keep: set[int] = set()
    for number, line in enumerate(lines):
        if _TROUBLE.search(line):
            keep.update(range(max(0, number - _BEFORE), min(len(lines), number + _AFTER + 1)))
    kept = "\n".join(lines[number] for number in sorted(keep))
    return lambda budget: kept[-budget:]


def up_to_last_error(text: str) -> Cut:
    """Everything after the last `##[error]` line left out, timestamps and colours off, then the last characters."""
    at = text.rfind("##[error]")
    end = text.find("\n", at) if at >= 0 else -1
    told = text[:end] if end > 0 else text

    def cut(budget: int) -> str:
        raw = told[-6 * budget - 4000 :]  # enough for what the timestamps take away
        return _COLOUR.sub("", _STAMP.sub("", _RETURNS.sub("\n", raw)))[-budget:]

    return cut


CUTTERS: Mapping[str, Cutter] = {
    "tail": tail,
    "strip, cut, tail": up_to_last_error,
    "grep -B2 -A5": around_trouble,
}


def new_lines(text: str, passing: str) -> Cut:
    """Lines that the passing run lacks once numbers and hashes are masked; of these the last characters."""
    known = {_CHANGING.sub("0", line) for line in normal_lines(passing)}
    kept = "\n".join(line for line in normal_lines(text) if line and _CHANGING.sub("0", line) not in known)
    return lambda budget: kept[-budget:]


_INFRASTRUCTURE = (
    "timed?[ -]?out",
    "timeout",
    "out of memory",
    "oom",
    "killed",
    "no space left",
    "connection (?:refused|reset)",
    "could not resolve host",
    "temporary failure",
    "rate limit",
    "too many requests",
    r"\b50[234]\b",
    "shutdown signal",
    "lost communication",
    "operation was canceled",
    "pod ",
)
_ENVIRONMENT = (
    "command not found",
    "no module named",
    "cannot find module",
    "permission denied",
    "unauthorized",
    "forbidden",
    "credentials",
    "could not (?:resolve|find) (?:dep|artifact|package)",
    "no such file",
    "not found",
)
_INFRASTRUCTURE_WORDS = re.compile("|".join(_INFRASTRUCTURE), re.IGNORECASE)
_ENVIRONMENT_WORDS = re.compile("|".join(_ENVIRONMENT), re.IGNORECASE)


def by_words(text: str) -> str:
    """The class by two lists of words, the graver first."""
    if _INFRASTRUCTURE_WORDS.search(text):
        return "infrastructure"
    return "environment" if _ENVIRONMENT_WORDS.search(text) else "code"


CLASSIFIERS: Mapping[str, Callable[[str], str]] = {
    "always code": lambda _: "code",
    "words, whole log": by_words,
    "words, last 2,000": lambda text: by_words(text[-_TAIL_OF_WORDS:]),
}


def masked(line: str) -> str:
    """A line without what changes between two runs."""
    return _CHANGING_OR_TEMPORARY.sub("0", line.lower())


def _first(lines: list[str]) -> str:
    for line in lines:
        if _TROUBLE.search(line) and tells(plain := normal(line)):
            return masked(plain)
    return ""


SIGNATURES: Mapping[str, Callable[[str], str]] = {
    "masked tail": lambda text: "\n".join(masked(line) for line in normal_lines(tail(text)(_TAIL_OF_WORDS))),
    "first error line": lambda text: _first(text.split("\n")),
    "last error line": lambda text: _first(text.split("\n")[::-1]),
    "all one": lambda _: "",
}
