"""What a single log line looks like: a set of signs (an error, a failing test, a stack frame, noise …) as bits.

The signs are those of compilers, test runners, package managers and CI runners in general; none names a project.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

WIDTH = 300
"""Characters of a line that are looked at."""


class Sign(NamedTuple):
    """One sign: words of which one is enough, or a pattern, tried only where one of its literals stands.

    Words and literals are lower-case. `cased` patterns read the line as it is, others its lower-case form.
    """

    name: str
    words: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    literals: tuple[str, ...] = ()
    cased: bool = False


def _said(name: str, words: str) -> Sign:
    return Sign(name, words=tuple(words.split("|")))


def _form(name: str, pattern: str, literals: str = "", words: str = "", cased: bool = False) -> Sign:
    split = [tuple(text.split("|")) if text else () for text in (words, literals)]
    return Sign(name, split[0], re.compile(pattern), split[1], cased)


SIGNS = (
    _said("error", "error|err!"),
    _said("fail", "fail"),
    _form(
        "crash",
        r"\babort|\bbug\b",
        "abort|bug",
        "exception|traceback|panic|segmentation|core dumped|stack trace|sanitizer|assertion",
    ),
    _form(
        "trouble",
        r"not (?:allowed|defined|exist|match|supported|available|installed|implemented|equal)|timed? ?-?out|\bbad ",
        "not |timed|timeout|time out|time-out|bad ",
        "not found|cannot|can't|couldn't|could not|unable|undefined|unknown|missing|invalid|unexpected|denied|"
        "refused|no such|unresolved|doesn't|does not|mismatch|conflict|illegal|forbidden|unauthorized|unsupported|"
        "killed|too many|exceed|terminated|wrong|broken|corrupt|incompatible|ambiguous|unused|must |should |"
        "not up-to-date|out of date|out of sync|out of memory",
    ),
    _form(
        "error_first",
        r"\W{0,3}(?:##\[error\]|\[error\]|error\b|err!|fatal\b|e: |failure\b|\[fail|critical|severe)",
        "err|fatal|e: |fail|critical|severe",
    ),
    _said("fatal", "fatal|panic"),
    _form("place", r"[\w@+~-]\.[a-z]\w{0,9}[:(]\d|\bline \d", ":1|:2|:3|:4|:5|:6|:7|:8|:9|(|line "),
    _form(
        "known_error",
        r":\d+(?::\d+)?\)?:?\s*(?:fatal )?(?:error|syntax)|\(\d+,\d+\): error|error ts\d|error cs\d|\d+:\d+\s+error|"
        r"error\[e|\bno module named\b|\bkilled$|: not found$|:\[\d+,\d+\] \S",
        "error|syntax|no module|killed|: not found|:[",
        "undefined reference to|no matching distribution|could not find a version|no match for argument|"
        "unable to locate package|nothing provides|could not resolve|command not found|no space left on device|"
        "cannot find module|cannot find package|cannot find symbol|module not found|no rule to make target|"
        "unresolved import|is not recognized as|no such file or directory|segmentation fault|out of memory|"
        "no matching version|version solving failed|resolutionimpossible|eresolve|failed to solve|"
        "permission denied|connection refused|connection reset|connection timed out|unresolved external|"
        "no matching package|could not find gem|has no installation candidate|unresolved reference|"
        "has exceeded the maximum|the operation was canceled|unexpected end of|does not exist",
    ),
    _form("place_first", r"\S+\.\w+:\d+(?::\d+)?:? \S|\s+\d+:\d+\s+\S", ":"),
    _form(
        "failing_test",
        r".*--- FAIL|not ok|\s*(?:FAIL|ERROR)\b[: ]|\s*[✖✗✘✕×]|.*\.\.\. ?FAIL|.*\bfailed!?$|.*Test.*(?:failed|failure)|"
        r"\s*\d+\) \S|\s*● |.*(?:\bFAILED\b|<<< (?:FAILURE|ERROR)!|\[FAIL\]|✖ Failed)",
        "fail|not ok|error|✖|✗|✘|✕|×|) |●",
        cased=True,
    ),
    _form(
        "heading",
        r"_{3,} .* _{3,}$|={3,} .*(?:FAIL|ERROR).* ={3,}$|\s*● \S|\s*\d+\) \S|-{4} \S.* -{4}$|"
        r"(?:FAIL|ERROR): \w|\s*(?:Failures?|Errors?|Failed tests?|Tests in error|Failing tests?):?\s*$|"
        r"Found errors in ",
        "___|===|● |) |---|fail|error",
        cased=True,
    ),
    _form(
        "asserted",
        r"\s*(?:e\s{2,}|expected\b|actual\b|got\b|received\b|to equal|[-+]\s?(?:expected|actual)|want\b|"
        r"have\b|left:|right:|assert)|.*\bexpect(?:ed)?\b.*\b(?:but|got|to |was|received|actual|found)",
        "e  |expect|actual|got|received|to equal|want|have|left:|right:|assert",
        "(compared using|did not equal|was not equal|shouldbe|should be|should_be|assertionerror|assert_|but was|"
        "to be ",
    ),
    _form("diff", r"\s*[-+](?![-+])\S?|@@|(?:\+\+\+|---) \S"),
    _form(
        "frame",
        r"\s+at \S|\s*file \".*\", line \d+|\s+from \S+:\d+|\s*#\d+ +0x|\s*\d+: +0x|\s*# \S+:\d+|"
        r"\s+\S+\.\w+:\d+:in |\s+\S+\.go:\d+ \+0x|goroutine |\s*\.\.\. \d+ more|\s+\([\w.]+\) \S+:\d+|"
        r"\s*\(?[\w-]+ .* \.\.\.\)$|\s*(?:\[error\]|\[info\])\s+at ",
        "at |file |from |0x|# |:in |goroutine|... |) ",
    ),
    _form(
        "count",
        r"\b[1-9]\d* (?:\w+ )?(?:failed|failures?|errors?|failing|problems?|offenses?|violations?|warnings?)\b|"
        r"(?:failures|errors|failed): *[1-9]|failed with \d+|\btests? (?:run|failed)|exit(?:ed)? with .*[1-9]",
        "fail|error|problem|offense|violation|warning|tests|exit",
    ),
    _form(
        "passed",
        r".*\b(?:ok|passed|success(?:ful(?:ly)?)?|succeeded|done|pass)\b\s*(?:\(.*\)|[\d.]+ ?m?s)?\W*$|"
        r"\s*(?:✓|✔|√|ok \d|pass|▸|\[ *ok *\]|\[ *passed|\[info\] [-+]|--- (?:pass|skip)|=== (?:run|pause|cont))|"
        r".*(?:: ✓ |\b0 (?:errors?|fail(?:ed|ures?)|problems)\b(?!.*\b[1-9]\d* (?:errors?|fail))|"
        r"no (?:errors|failures)|\.\.\. (?:ok|ignored)\b|failures: 0, errors: 0)",
        "ok|pass|succe|done|✓|✔|√|▸|--- skip|=== |[info]| 0 |no |ignored|s: 0",
    ),
    _form(
        "echo",
        r"npm err!|make(?:\[\d+\])?: |error command failed|info visit|\[error\] (?:\[help|to see|re-run|for more|"
        r"after correcting|->)|\[error\]\s*$|\* try|> run with|\* (?:what went|get more|exception is)|"
        r"error: recipe|failure: build failed|rake aborted|the command |tests? failed|see |build step|cleaning up|"
        r"\(see full trace|lerna err|error: script|makefile:\d+: recipe|.*exited with (?:code )?\d|.*command .* failed",
        "err|make|* |> |exited|command|build|fail|rake|test|see |clean|lerna|recipe",
        "elifecycle|exit code|exit status|build failed|build failure|process completed|returned non-zero|"
        "error: job failed|npm err",
    ),
    _said("warning", "warn|deprecat"),
    _form(
        "noise",
        r"\s*(?:download|fetch|collecting|installing|unpacking|setting up|selecting|preparing|get:\d|hit:|ign:|"
        r"receiving|resolving|reading|building|compiling|copying|linking|requirement|using cached|updating|"
        r"extracting|removing|progress|checking|generating|running|starting|created|loading|scanning|adding|cloning|"
        r"processing|entering|leaving|make\[\d\]: (?:enter|leav)|cc |cxx |ld |gen |\[ *\d+%\]|\(\d+/\d+\)|gcc|g\+\+|"
        r"clang|c\+\+|/usr/bin/(?:gcc|cc|c\+\+|g\+\+)|libtool|cp |mv |mkdir|rm |install |ar |ranlib|creating)",
        words="kb/s|mb/s|% done|━━━|███|░░░|======>",
    ),
    _form("command", r"\s*(?:\$ |\+{1,3} ?[a-z./]|> \S+ \S|%> )|##\[(?:group|command)\]|travis_"),
    _form("rule", r"\W*$|\W*\[(?:info|error|warning|debug)\]\W*$"),
    _form("caret", r"\s*[\^~|]+\s*$|\s*\|?\s*\^", "^|~|  |", "^^|~^"),
    _form(
        "excused",
        r"expected (?:error|failure|fail)",
        "expected ",
        "(ignored)|retry|continu|skipp|xfail|todo|allow|optional|non-fatal",
    ),
    _said("url", "http://|https://"),
    _form("setting", r"\s*(?:export )?[A-Z_]{3,}=|\s*[\w-]+: +\S+$|declare -", "=|: |declare", cased=True),
    _form("clock", r"\W{0,2}\d{1,4}[-:/.]\d\d[-:/. ]"),
    _form("chatter", r".*\b(?:INFO|DEBUG|TRACE|info:|debug:)|.*\[info\]", "info|debug|trace", cased=True),
    _form(
        "advice",
        r".*\brun .* to ",
        "run ",
        "did you mean|forgot|please |try |hint|help:|note:|= note|how to|fix",
    ),
)
BIT = {sign.name: 1 << index for index, sign in enumerate(SIGNS)}

_FLAGS = ("-werror", "-fexceptions", "--fail-fast", "if-no-files-found: error", "continue-on-error")
"""Settings whose names hold an error's words."""
_DIGIT = re.compile(r"[0-9]")
_NUMBERED = BIT["place"] | BIT["place_first"] | BIT["clock"]
"""Signs that no line without a digit has."""
_TICKED = re.compile(r"\s*(?:[✓✔√] |ok \d|--- (?:PASS|SKIP)|=== (?:RUN|PAUSE|CONT|NAME)\b)")
"""A test that passed: the words of its name say nothing about errors."""
_STRONG = BIT["known_error"] | BIT["failing_test"] | BIT["error_first"] | BIT["heading"] | BIT["fatal"]
_BOTH = BIT["crash"] | BIT["error"]
_NEVER = BIT["passed"] | BIT["echo"] | BIT["command"]
_ANYWHERE = frozenset(("place", "known_error", "count", "crash", "trouble", "excused"))
_NOTHING = re.compile(r"(?!)")


def _way(pattern: re.Pattern[str], name: str) -> Callable[[str], re.Match[str] | None]:
    return pattern.search if name in _ANYWHERE else pattern.match


_Test = tuple[int, tuple[str, ...], tuple[str, ...], Callable[[str], re.Match[str] | None], bool]
_TESTS: tuple[_Test, ...] = tuple(
    (
        1 << index,
        sign.words,
        # A pattern without literals is tried on every line: the empty text stands in each.
        (sign.literals or ("",)) if sign.pattern is not None else (),
        _NOTHING.match if sign.pattern is None else _way(sign.pattern, sign.name),
        sign.cased,
    )
    for index, sign in enumerate(SIGNS)
)
_DECIDING = tuple(test for test in _TESTS if test[0] & (_STRONG | _BOTH | _NEVER))


def signs_of(text: str, tests: Sequence[_Test] = _TESTS) -> int:
    """The line's signs as bits of `BIT`; `tests` are those for a text that the line stands in."""
    return _found(text[:WIDTH], tests)


def narrowed(text: str, tests: Sequence[_Test] = _TESTS) -> tuple[_Test, ...]:
    """The tests that some line of the text may pass: looking for words in many lines at once spares most of them."""
    low = text.lower()
    found = []
    for bit, words, literals, matches, cased in tests:
        near = tuple(word for word in words if word in low)
        gates = tuple(literal for literal in literals if literal in low)
        if near or gates:
            found.append((bit, near, gates, matches, cased))
    return tuple(found)


def strong(texts: Sequence[str]) -> list[bool]:
    """Whether each line's signs make it strong; only those that matter for that are looked for."""
    tests = narrowed("\n".join(texts), _DECIDING)
    return [is_strong(_found(text[:WIDTH], tests)) for text in texts]


def _found(text: str, tests: Sequence[_Test]) -> int:
    low = _plain(text.lower())
    if _TICKED.match(text):
        return BIT["passed"]
    found = 0
    without = 0 if _DIGIT.search(low) else _NUMBERED
    for bit, words, literals, matches, cased in tests:
        if bit & without:
            continue
        for word in words:
            if word in low:
                found |= bit
                break
        else:
            for literal in literals:
                if literal in low:
                    if matches(text if cased else low):
                        found |= bit
                    break
    return found


def _plain(low: str) -> str:
    for flag in _FLAGS:
        if flag in low:
            low = low.replace(flag, "")
    return low


def is_strong(signs: int) -> bool:
    """Whether such a line is an error by itself, not the echo of one."""
    return bool(signs & _STRONG or signs & _BOTH == _BOTH) and not signs & _NEVER
