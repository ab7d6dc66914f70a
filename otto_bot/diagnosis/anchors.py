"""How much a log line says about why something failed: 0 is nothing, `STRONG` is an error itself."""

from __future__ import annotations

import re

STRONG = 10
WEAK = 3
SUMMARY = 6

_STRONG = re.compile(
    r"""
      ^\#\#\[error\](?!Process\ completed\ with\ exit\ code)
    | ^E\ {2,}\S                                                  # pytest
    | ^(?:FAILED|ERROR)\ \S
    | ^(?:FAIL|ERROR):\ \w                                        # unittest
    | ^Traceback\ \(most\ recent
    | ^\s*(?:[\w.]+\.)?(?:[A-Z]\w*)?(?:Error|Exception|Failure)\b(?::|$)
    | ^\s*(?:--- FAIL:|not\ ok\ \d|●\ \S.*\S|✖\ \S|✕\ \S|FAIL\s+\S+\.\w+)
    | \bpanicked\ at\b|^panic:
    | ^error(?:\[\w+\])?:\ |\berror\ TS\d+|:\ (?:fatal\ )?error(?:\s+\w+)?:\s
    | ^\s*(?:npm\ (?:ERR!|error)|\[ERROR\]|ERROR\b[: ]|fatal:|FATAL\b|\[error\])
    | \bNo\ module\ named\b|Cannot\ find\ (?:module|package)|No\ matching\ distribution
    | no\ required\ module|missing\ go\.sum
    | command\ not\ found|No\ space\ left\ on\ device|Could\ not\ resolve\ host
    | ^test\ \S+\ \.\.\.\ FAILED|^\s*\S+\ >\ .*\ FAILED$
    | ^would\ reformat\ |^BUILD\ FAILED|\[build\ failed\]|undefined\ reference|\bundefined:
    | ^\S+:\d+:\d+:?\s+(?:[A-Z]+\d+\b|error\b)
    | ^make(?:\[\d+\])?:\ \*\*\*|segmentation\ fault|\(core\ dumped\)
    """,
    re.VERBOSE,
)
_SUMMARY = re.compile(
    r"\b[1-9]\d* (?:failed|failures?|errors?|failing)\b|(?:Failures|Errors|Failed): [1-9]|^FAILED \(|^FAIL\b|"
    r"^Found [1-9]\d* (?:error|problem)",
    re.IGNORECASE,
)
_WEAK = (
    *("error", "fail", "exception", "fatal", "not found", "cannot ", "can't ", "could not", "unable to", "undefined"),
    *("denied", "refused", "timed out", "timeout", "time out", "killed", "abort", "invalid", "missing", "expected"),
    *("mismatch", "assert", "no such", "unresolved", "conflict", "✗", "✘"),
)
"""Lower-case words that may stand in a line about an error."""
_ODD = (
    "traceback",
    "not ok ",
    "panic",
    "no module ",
    "no matching ",
    "no required ",
    "no space ",
    "reformat",
    "*** ",
    "dumped",
    "fault",
)
_SIGNS = ("●", "✖", "✕")
_POSITION = re.compile(r"e {2,}\S|\S+:\d+:\d+")
_HARMLESS = re.compile(
    r"""
      \b(?:0|no)\ (?:errors?|failed|failures?|failing|problems?)\b(?!.*\b[1-9]\d*\ (?:errors?|failed|failures?))
    | (?:Failures|Errors|Failed):\ 0\b(?!.*(?:Failures|Errors|Failed):\ [1-9])
    | \b(?:PASSED|passed|ok)\s*(?:\[\s*\d+%\])?$ | ^\s*(?:ok\ \d|✓|✔|√|PASS\b)
    | if-no-files-found|fail-?fast|continue-on-error|-Werror|--fail|errexit|-e\ \{0\}
    | ^\#\#\[(?:group|endgroup|command|debug)\] | ^\s*warning\b | ^\[command\]
    | ^(?:Requirement\ already|Collecting|Downloading|Using\ cached|Installing\ collected|Get:|Unpacking|Setting\ up)
    """,
    re.VERBOSE,
)


def score(text: str) -> int:
    """What the line is worth, 0 to `STRONG`."""
    low = text.lower()
    weak = any(word in low for word in _WEAK)
    if not weak and not _odd(low):
        return 0
    if _HARMLESS.search(text):
        return 0
    if _STRONG.search(text):
        return STRONG
    if _SUMMARY.search(text):
        return SUMMARY
    return WEAK if weak or _POSITION.match(low) else 0


def _odd(low: str) -> bool:
    """Whether a line without any of the usual words may still be an error."""
    if any(word in low for word in _ODD) or _POSITION.match(low):
        return True
    return not low.isascii() and any(sign in low for sign in _SIGNS)
