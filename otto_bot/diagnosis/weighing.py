"""Which of the things a log says made its job fail: weights, places, and what failing tests change about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from otto_bot.core.evidence import Cause, FailureClass
from otto_bot.diagnosis.reading_text import Said
from otto_bot.diagnosis.rule import HARD, LIKELY, Rule
from otto_bot.diagnosis.rules_machine import CLOCKS
from otto_bot.diagnosis.rules_network import CONNECTIONS, TRIED_AGAIN
from otto_bot.diagnosis.rules_setup import MISSING_PYTHON, PYTHON_MODULE

ENOUGH = 12.0
"""Below this score a line decides nothing."""
TELLING = 45.0
"""From this score on, earlier parts of the log need not be read."""
_QUOTE = 160
_FEW_TESTS = 3
_NEAR_TEST = 150
_NEAR_PACKAGE = 40
_LOUD = 0.6
_SOON = 4

_IDLE = re.compile(
    r"""
      ^\s*(?:\+{1,4}|\$)\s                                         # commands that are only shown
    | ^>\s{3,}                                                     # pytest's source line
    | ^\s*(?:\#\#\[(?:group|endgroup|debug|command)\]|\[command\])
    | ^\s*(?:SKIPPED|XFAIL|XPASS)\ | ^\s*(?:ok\ \d|✓|✔|√|PASS\b|---\ PASS)
    | ^(?!.*\b[1-9]\d*\ (?:failed|failing|errors?|failures?)\b).*
      \b(?:PASSED|[Pp]assed|XFAIL|SKIPPED|Skipped|ok)\s*(?:\[\s*\d+%\])?(?:\s\(.{1,20}\))?$
    | ^(?!.*\b[1-9]\d*\ (?:errors?|failed|failures?|failing|problems?)\b).*
      \b(?:0|no)\ (?:errors?|failed|failures?|failing|problems?|vulnerabilities)\b
    | ^(?!.*(?:Failures|Errors|Failed):\ [1-9]).*(?:Failures|Errors|Failed):\ 0\b
    | \|\|\ (?:true|exit|echo)\b
    """,
    re.VERBOSE,
)
_QUIET = re.compile(
    r"^\s*(?:##\[(?:warning|notice)\]|::warning|W:"
    r"|[Ww]arning\b|WARN(?:ING)?\b|\[WARN(?:ING)?\]|npm (?:WARN|warn)"
    r"|INFO\b|\[INFO\]|DEBUG\b|note:)"
    r"|\b(?:DEBUG|INFO|WARN(?:ING)?)\b[ \]:|-]|\bcargo:warning=|(?:^|\s)(?:hint|help|info): "
)
_AGAIN = re.compile(
    r"\b(?:retry(?:ing)?|retries left|will (?:be )?retr|trying again|try again|attempt \d+|\d+/\d+ attempts|"
    r"(?:tries|retries|attempts) (?:left|remaining)|"
    r"reconnect\w*|"
    r"falling back|fallback|ignor(?:ed|ing)|continuing|non-fatal|skipping|num_retries_left)\b",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"max(?:imum)? (?:retries|number of|.{0,20}attempts)|"
    r"giving up|gave up|retries exceeded|after \d+ (?:retries|attempts)|"
    r"exceeded|failed \d+ times|exhausted|please try again|no more retries",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"^\s*(?:\d+\s+\|\s|\|\s|(?:raise|throw|throws|except|catch|assert|def|func|fn|it|test|describe|if|return|import|const|let|var)\b[\s(])"
    r"|^\s*(?:at |File \"|#\d+ 0x|\.{3} \d+ more)|\bthrow new\b|\bcatch \("
)
_TEST_LINE = re.compile(
    r"^\s*(?:\d+\) |✕|✖|×|✗|●|FAIL(?:ED|URE)?\b(?!:)|--- FAIL|not ok \d|ERROR \S+::|test \S+ \.\.\. |"
    r"\[ *(?:RUN|FAILED|OK) *\]|=== RUN|"
    r"\S+::\S+ )"
)
_NAMED_TEST = frozenset({"test verdict"})
_OF_TESTS = frozenset({"test verdict", "test summary", "goal that tests"})
_CONNECTIONS = frozenset(rule.name for rule in CONNECTIONS)


_COUNTED = re.compile(
    r"(?<!port )(?<![\w=:.-])(\d{1,6}) (?:tests? )?(?:failed|failing|failures?|errors?)\b", re.IGNORECASE
)


_LOCAL = re.compile(r"\brefused\b|\blocalhost\b|\b127\.0\.0\.\d|\b0\.0\.0\.0\b|\[::1?\]|\.local\b")


class Hit(NamedTuple):
    """A rule, the line it matched, and how much that says."""

    rule: Rule
    line: Said
    score: float

    @property
    def signal(self) -> str:
        """The rule's name and the words that decided."""
        return f"{self.rule.name}: {quoted(self.line.text)}"


class Weighed(NamedTuple):
    """The deciding hit, those beside it that speak for the same, and the class where it differs from the cause's."""

    hit: Hit
    beside: tuple[Hit, ...]
    cause: Cause
    hint: FailureClass | None

    @property
    def signals(self) -> tuple[str, ...]:
        """What decided, most telling first."""
        return tuple(dict.fromkeys(hit.signal for hit in (self.hit, *self.beside)))


def quoted(text: str) -> str:
    """The words of a line as a signal shows them."""
    return text.removeprefix("##[error]").strip()[:_QUOTE]


def hits(lines: Iterable[Said]) -> tuple[Hit, ...]:
    """Every rule that matches anywhere, with its score, best first."""
    found: dict[tuple[str, str], Hit] = {}
    lines = tuple(lines)
    again = {(line.part, line.back + n) for line in lines if TRIED_AGAIN in line.rules for n in range(1, _SOON)}
    for line in lines:
        overcome = (line.part, line.back) in again
        factor = _of_line(line)
        for rule in line.rules:
            score = rule.weight * factor * _of_place(rule, line) * _beside_verdict(rule, line)
            score *= 0.4 if overcome and rule.incident else 1.0
            score *= 0.6 if rule.cause is Cause.CANCELLED and line.part else 1.0
            key = (rule.name, line.text)
            if score and (key not in found or score > found[key].score):
                found[key] = Hit(rule, line, score)
    return tuple(sorted(_told_before_verdicts(found.values()), key=_rank))


def _rank(hit: Hit) -> tuple[float, bool, int, int]:
    return (-hit.score, hit.rule.incident, hit.line.part, hit.line.back)


def _told_before_verdicts(found: Iterable[Hit]) -> Iterable[Hit]:
    """What stands before a test's verdict is part of what the test met: it weighs less than the verdict."""
    found = tuple(found)
    last: dict[int, int] = {}
    for hit in found:
        if hit.rule.name in _OF_TESTS and hit.score >= LIKELY:
            last[hit.line.part] = min(hit.line.back, last.get(hit.line.part, hit.line.back))
    for hit in found:
        met = hit.rule.incident and hit.rule is not PYTHON_MODULE and hit.line.back >= last.get(hit.line.part, 1 << 30)
        yield hit._replace(score=hit.score * 0.8) if met else hit


def weigh(found: Sequence[Hit], is_own: Callable[[str], bool]) -> Weighed | None:
    """What decides, or None where nothing says enough. `is_own` tells the project's Python packages from others."""
    found = _without_asides(found)
    if not found or found[0].score < ENOUGH:
        return None
    best = found[0]
    same = tuple(hit for hit in found[1:] if hit.rule.cause is best.rule.cause and hit.rule.name != best.rule.name)[:2]
    if best.rule is PYTHON_MODULE and _own_module(best.line.text, is_own):
        return Weighed(best, same, Cause.BUILD, FailureClass.CODE)
    if best.rule.cause is Cause.DEPENDENCY and (reason := _unreachable(best, found)) is not None:
        return Weighed(reason, (best,), reason.rule.cause, reason.rule.failure_class)
    if best.rule.cause is Cause.TEST and best.rule.failure_class is FailureClass.CODE:
        reason = reason_outside(best, found)
        if reason is not None:
            return Weighed(best, (reason,), Cause.TEST, FailureClass.INFRASTRUCTURE)
    return Weighed(best, same, best.rule.cause, best.rule.failure_class)


def reason_outside(best: Hit, found: Sequence[Hit]) -> Hit | None:
    """Why the few tests that fail do so, where a connection or a clock is named right beside them."""
    named = [hit for hit in found if hit.rule.name in _NAMED_TEST]
    tests = {_test_name(hit.line.text) for hit in named}
    if len(tests) > _FEW_TESTS or any(
        _count(hit.line.text) > _FEW_TESTS for hit in found if hit.rule.cause is Cause.TEST
    ):
        return None
    places = [(hit.line.part, hit.line.back) for hit in named] or [(best.line.part, best.line.back)]
    for hit in found:
        loud = hit.score >= _LOUD * hit.rule.weight * _of_place(hit.rule, hit.line)
        outside = hit.rule.failure_class is FailureClass.INFRASTRUCTURE and hit.rule.incident and loud
        if not outside or hit.rule.weight < LIKELY or _of_the_test(hit.line):
            continue
        if any(part == hit.line.part and -10 <= hit.line.back - back <= _NEAR_TEST for part, back in places):
            return hit
    return None


def _unreachable(best: Hit, found: Sequence[Hit]) -> Hit | None:
    """The failed connection for which a package was not found, told shortly before."""
    for hit in found:
        before = hit.line.back - best.line.back
        if hit.rule.name in _CONNECTIONS and hit.line.part == best.line.part and -2 <= before <= _NEAR_PACKAGE:
            return hit
    return None


def _without_asides(found: Sequence[Hit]) -> tuple[Hit, ...]:
    """Without what other lines show to be an aside: a missing module where tests fail for other reasons."""
    others = [
        hit
        for hit in found
        if hit.rule.name in _NAMED_TEST and " - " in hit.line.text and not MISSING_PYTHON.search(hit.line.text)
    ]
    return tuple(hit for hit in found if not (others and hit.rule is PYTHON_MODULE))


def _of_the_test(line: Said) -> bool:
    """Whether the line is about what the test itself started or compared."""
    return _LOCAL.search(line.text) is not None or any(rule.name == "assertion" for rule in line.rules)


def _count(text: str) -> int:
    """How many failing tests a summary counts; 0 where it does not."""
    return max((int(number[:6]) for number in _COUNTED.findall(text)), default=0)


def _test_name(text: str) -> str:
    return re.sub(r"\(?\d+(?:\.\d+)? ?m?s\)?", "", text.split(" - ", maxsplit=1)[0]).strip(" .=-")[:200]


def _beside_verdict(rule: Rule, line: Said) -> float:
    """What remains of a rule's weight in a line of this kind: a test's message is first of all the test's."""
    if not _may_speak(rule, line.text):
        return 0.0
    told_by_test = any(other.name in _NAMED_TEST for other in line.rules)
    outside = rule.failure_class is not FailureClass.CODE and rule is not PYTHON_MODULE
    return 0.8 if told_by_test and outside else 1.0


def _may_speak(rule: Rule, text: str) -> bool:
    """Whether a line of this kind can say such a thing: names of tests and lines of source do not report incidents."""
    if not rule.incident:
        return True
    if rule.name in CLOCKS and rule.cause is Cause.TEST:
        return not _SOURCE.match(text)
    if _SOURCE.search(text):
        return False
    return not _TEST_LINE.match(text) or " - " in text


def _of_line(line: Said) -> float:
    if _IDLE.search(line.text):
        return 0.0
    factor = 1.0
    if _QUIET.search(line.text[:120]):
        factor *= 0.45
    if _AGAIN.search(line.text) and not _GAVE_UP.search(line.text):
        factor *= 0.4
    return factor * 0.9 ** min(line.part, 3)


def _of_place(rule: Rule, line: Said) -> float:
    if rule.weight >= HARD:
        return 1.0
    steps = ((15, 1.0), (50, 0.85), (150, 0.65)) if rule.incident else ((200, 1.0), (800, 0.95))
    return next((factor for limit, factor in steps if line.back <= limit), 0.45 if rule.incident else 0.9)


def _own_module(text: str, is_own: Callable[[str], bool]) -> bool:
    match = MISSING_PYTHON.search(text)
    return match is not None and ("." in match.group(1) or is_own(match.group(1)))
