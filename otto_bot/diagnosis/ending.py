"""How a log says that it ended, where nobody else says it: runners' own last words."""

from __future__ import annotations

import re
from typing import NamedTuple

_ERROR = b"##[error]"
_STAMP = re.compile(rb"^(?:\xef\xbb\xbf)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ", re.MULTILINE)
_CANCELLED = re.compile(rb"(?:The operation|The run|This run|The job) was cancell?ed", re.IGNORECASE)
_EXIT = re.compile(rb"Process completed with exit code \d+|has timed out after \d+ minutes|has exceeded the maximum")
_TAIL = 16_384
_BEFORE = 64
_LONGEST = 300
_BOM = b"\xef\xbb\xbf"
_AT = rb"^(?:[^\n]{0,100}\r)?(?:\S{1,40} )?(?:\x1b\[[\d;]*[mK])*"
_OTHERS = (
    (re.compile(_AT + rb"Job succeeded", re.MULTILINE), "success", "Job succeeded"),
    (re.compile(_AT + rb"ERROR: Job failed", re.MULTILINE), "failure", "Job failed"),
    (re.compile(rb"Done\. Your build exited with 0\."), "success", "Your build exited with 0"),
    (re.compile(rb"Done\. Your build exited with [1-9]"), "failure", "Your build exited with an error"),
    (re.compile(rb"^Finished: SUCCESS\s*$", re.MULTILINE), "success", "Finished: SUCCESS"),
    (re.compile(rb"^Finished: (?:FAILURE|UNSTABLE)\s*$", re.MULTILINE), "failure", "Finished: FAILURE"),
    (re.compile(rb"^Finished: ABORTED\s*$", re.MULTILINE), "cancelled", "Finished: ABORTED"),
)
"""Last words of GitLab's, Travis' and Jenkins' runners."""


class Ending(NamedTuple):
    """What the log says: a conclusion as the jobs API words it (None: nothing), and the words that say so."""

    conclusion: str | None
    why: str


def ending(log: bytes) -> Ending:
    """How the job ended, by its log alone."""
    errors = error_lines(log)
    if errors:
        return _by_errors(errors)
    tail = log[-_TAIL:]
    if _STAMP.match(log[:400]) is not None:
        if b"Cleaning up orphan processes" in tail:
            return Ending("success", "the runner ended the job without an error")
        return Ending(None, "it ends in the middle, without the runner's last words")
    for pattern, conclusion, words in _OTHERS:
        if pattern.search(tail):
            return Ending(conclusion, f'"{words}"')
    return Ending(None, "no runner's last words are in it")


def _by_errors(errors: list[bytes]) -> Ending:
    """Cancelled where that is all; a step that had failed before makes it a failure."""
    fatal = [text for text in errors if not _CANCELLED.search(text)]
    if not fatal:
        return Ending("cancelled", "The operation was canceled")
    named = next((match.group().decode("utf-8", "replace") for e in fatal if (match := _EXIT.search(e))), "")
    return Ending("failure", f'"{named}"' if named else "it has lines marked ##[error]")


def error_lines(log: bytes, most: int = 1000) -> list[bytes]:
    """What stands after `##[error]` at the beginning of lines, cut at `_LONGEST` bytes, the last `most` of them."""
    found: list[bytes] = []
    at = log.rfind(_ERROR)
    while at >= 0 and len(found) < most:
        # Nothing but a byte order mark and a time stand before it; elsewhere it is only quoted.
        first = max(0, at - _BEFORE)
        start = log.rfind(b"\n", first, at) + 1
        before = log[start or first : at]
        if (start or first == 0) and (not before or before == _BOM or _STAMP.fullmatch(before) is not None):
            stop = log.find(b"\n", at, at + _LONGEST)
            found.append(log[at + len(_ERROR) : at + _LONGEST if stop < 0 else stop].strip())
        at = log.rfind(_ERROR, 0, at)
    return found[::-1]


def is_service_log(head: bytes) -> bool:
    """Whether it is what GitHub's service wrote before a runner took the job."""
    first = _STAMP.sub(b"", head[:2000]).lstrip(b"\xef\xbb\xbf")
    return first.startswith((b"##[section]Starting: Prepare job", b"Requested labels:", b"Evaluating ", b"Job is "))
