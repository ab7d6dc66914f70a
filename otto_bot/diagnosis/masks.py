"""What changes from run to run in a line, and what it is replaced by: the rest is what two failures can share."""

from __future__ import annotations

import re

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[AP]M\b)?(?:\s?(?:Z|UTC|GMT|[A-Z]{2,4}T|[+-]\d\d:?\d\d)\b)?"
_UNIT = (
    r"(?:[nµum]s|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?"
    r"|[kKMGT]i?B(?:/s)?|[bB]ytes?|%)(?![\w%])"
)
_VOLATILE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"\b\d{{4}}[-/]\d\d[-/]\d\d(?:[T ]+{_CLOCK})?"), "<time>"),
    (
        re.compile(
            rf"\b(?:{_DAY},?\s+)?(?:{_MONTH}\.?\s+\d{{1,2}}\b|\d{{1,2}}[ -]{_MONTH}\b)(?:[,-]?\s?\d{{4}}\b)?"
            rf"(?:[,T ]+{_CLOCK})?(?:\s+\d{{4}}\b)?"
        ),
        "<time>",
    ),
    (re.compile(rf"(?<![\w:.]){_CLOCK}(?![\w:])"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"\b0x[0-9a-f]+\b|(?<=\w)@[0-9a-f]{5,8}\b", re.IGNORECASE), "<addr>"),
)
_TEMPORARY = re.compile(
    r"(?:/private)?(?:/var/folders|/tmp|/var/tmp|/dev/shm)/[^\s:'\",)\]]+"
    r"|[A-Za-z]:\\Users\\[^\\\s]+\\AppData\\Local\\Temp\\[^\s:'\",)\]]+"
)
_ROOTS = re.compile(
    r"(?:(?:/home/runner/work|/Users/runner/work|/__w|/home/travis/build|/Users/travis/build|/runner/_work|[A-Z]:[\\/]a)"
    r"[\\/][\w.-]+[\\/][\w.-]+|/github/workspace|/home/circleci/project|/builds/[\w.-]+/[\w.-]+"
    r"|/var/lib/jenkins/workspace/[\w.@-]+)(?:[\\/]|(?=[\s:'\"),\]]|$))"
)
_DIGIT = re.compile(r"\d")
_SEED = re.compile(r"\b(seed)\b[\s:=]*[\w:-]+", re.IGNORECASE)

_HASH = r"(?<![0-9A-Za-z_])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}(?![0-9A-Za-z_])"
_LINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])", re.IGNORECASE), "<ip>"),
    (re.compile(_HASH, re.IGNORECASE), "<hash>"),
    (
        re.compile(
            r"(?<![\w+/=-])(?=[\w+-]{0,63}\d)(?=[\w+-]{0,63}[a-z])(?=[\w+-]{0,63}[A-Z])(?=[\w+-]*\d[A-Za-z]+\d)"
            r"[\w+-]{20,400}={0,2}"
        ),
        "<id>",
    ),
    (
        re.compile(rf"[<~]?\b(?<!\d[.,])\d++(?:[.,]\d+)*+\s?{_UNIT}(?:(?:,|\s|and|:)*\d++(?:[.,]\d+)*+\s?{_UNIT})*"),
        "<amount>",
    ),
    (
        re.compile(
            r"\d+(?:[.,]\d+)*(?:[-.+_]?(?:alpha|beta|rc|pre|dev|post|snapshot|release|final)\b[.-]?\d*)?",
            re.IGNORECASE,
        ),
        "<n>",
    ),
)
_URL_OR_PATH = re.compile(
    r"\b[a-z][a-z+]{1,9}://[^\s'\"<>]+|(?<![\w.])(?:[A-Za-z]:)?[^\s'\"`():,;=\[\]<>|]*[/\\][^\s'\"`():,;=\[\]<>|]+"
)
_RUNS = re.compile(r"([^\w\s<>])\1{2,}")
_SPACE = re.compile(r"\s+")


def normalised(text: str) -> str:
    """The text without what changes from run to run: times, amounts, numbers, hashes, addresses, roots of paths."""
    text = key_of_test(text)
    if "/" in text or "\\" in text:
        text = _URL_OR_PATH.sub(_short, text)
    text = _SEED.sub(r"\1 <n>", text)
    if _DIGIT.search(text):
        for pattern, word in _LINE:
            text = pattern.sub(word, text)
    return _SPACE.sub(" ", _RUNS.sub(r"\1\1\1", text)).strip()


def key_of_test(name: str) -> str:
    """A test's name without addresses, times and temporary paths; its parameters and plain numbers count."""
    if _DIGIT.search(name):
        for pattern, word in _VOLATILE:
            name = pattern.sub(word, name)
    if "/" in name or "\\" in name:
        name = _ROOTS.sub("", _TEMPORARY.sub("<tmp>", name))
    return name.strip()


def _short(match: re.Match[str]) -> str:
    """The last two parts of a path, so that neither its root nor where one stands counts; a URL stays whole."""
    said = match.group()
    if "://" in said:
        return said
    parts = [part for part in re.split(r"[/\\]+", said) if part not in ("", ".", "..")]
    return "/".join(parts[-2:]) if len(parts) > 1 or not parts else said.replace("\\", "/")
