"""Which lines of a failure make it what it is: errors that say something, before outcomes that any failure has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

from otto_bot.diagnosis.masks import normalised

MOST = 60
"""Key lines that count: the first ones and the last ones of a longer list."""
_LOOKED_AT = 400
_WIDTH = 300
_SHORTEST = 4


class Says(IntEnum):
    """How much a line tells about which failure this is."""

    NOTHING = 0
    OUTCOME = 1
    HINT = 2
    ERROR = 3


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts))


_OUTCOME_STARTS = _any(
    r"(?:##\[error\])?(?:BUILD FAIL|Build failed|FAILURE:|FAILED\s*\(|FAIL:?$|FAIL\s+\S+(?:\s+\d[\d.]*m?s)?$)",
    r"g?make(?:\[\d+\])?: (?:\*\*\*|Target)|ninja:|Makefile:\d+|The command \"|Done\. Your build|##\[error\]$",
    # npm, yarn, lerna: the script failed; what it said stands above
    r"npm (?:ERR!|error)\s*(?:$|/|code (?:ELIFECYCLE|\d)|errno|syscall|path|file|cwd|argv|node v|npm +v|npm |Linux)",
    r"npm (?:ERR!|error)\s*(?:Darwin|Windows|command|lifecycle|A complete|This is probably|Exit status|Failed at)",
    r"npm (?:ERR!|error)\s*(?:There is|Test failed|Tell the|You can|Or if|not ok)|(?:error|info) Visit |lerna\b",
    r"(?:error )?Command failed|error Command|Some errors have|rake |rake$|Tasks:|\(See full trace|Traceback \(most",
    # Maven and Gradle: advice below the error, and titles above it
    r"\[ERROR\]\s*(?:$|->|\[Help|To see|Re-run|For more|After correcting|mvn |COMPILATION ERROR|There are)",
    r"\[ERROR\]\s*(?:Please refer|Failures:|Errors:|Error:|Tests run:)|(?:\[\w+\]\s+)?Tests run:|Caused by:$",
    r"\* (?:Try|What went|Where|Exception is)|> (?:Run with|Task \S+ FAILED)|:\S+ FAILED$",
    # counts of a test run
    r"(?:ERROR|FAILED)!?$|Tests?: +\d|Test Suites:|Tests? (?:run|session) (?:failed|finished)|Failed tests?:?$",
    r"\d+ (?:tests?|specs?|examples?|assertions?|scenarios?)\b|Found \d+ (?:errors?|problems?)|Total time",
    r"=*\s*\d+ (?:failed|failing|passed|errors?|failures?|problems?)\b|=+ (?:FAILURES|ERRORS)|-+$",
    r"error: (?:could not compile|aborting due|test failed|process didn't|Recipe|script)|test result: FAILED",
    r"(?:FAILURES|ERRORS|Failures|Errors|Error|Exception)!?:?$",
)
_OUTCOME_HAS = _any(
    r"Process completed with exit code|exited with (?:code )?\d|exit(?: status| code|ed)?:? \d+\.?$|ELIFECYCLE",
    r"Execution failed for task|There were (?:failing tests|test failures)|TaskExecutionException|Get more help at",
    r"--stacktrace|Total time:",
)
_NOTHING_STARTS = _any(
    # frames of a trace
    r"at (?:[\w.$<>/\[\] ]+\(|async |\S+:\d)|from \S+:\d|File \"[^\"]+\", line \d|\d+: +0x|#\d+ ",
    r"\.\.\. \d+ (?:more|common)",
    # what passed
    r"ok \d|✓|✔|√|PASS\b|SKIP\b|\[OK\]|No errors|0 errors",
    # what a package manager or a machine's setup says
    r"(?:[│├└┬─|+`\\-]+ )+[\w@/.-]+@\d|could not download cache|Press (?:ctrl|control)|Authentication timestamp",
    r"(?:Get|Hit|Ign|Fetched|Reading|Setting up|Unpacking|Preparing|Selecting|Processing triggers)[: ]|Password prompt",
    r"(?:Collecting|Downloading|Downloaded|Installing|Compiling|Building|Updating|Fetching|Using|Resolving) \S",
    r"(?:[WE]|Err|N): ?(?:\d+ |Failed to fetch|Some index)|Configure options:",
    # a log of its own, and commands as they are echoed
    r"\[?(?:INFO|DEBUG|TRACE|info|debug)\b\]?:? (?!.*\b(?:FAIL|ERROR|\*\*\*))",
    r"\$ |\+ \S|> \S+@\d|>>>|\[command\]|##\[(?:group|endgroup|debug|command)",
)
_NOTHING_HAS = _any(
    r"\b(?:SKIP(?:PED)?|XFAIL|PASS(?:ED)?|ok)\b\s*(?:[\[(:]|$)|License Exception|error messages$",
    r"\b(?:0|no) (?:errors?|failures?|failed|problems?|warnings?)\b(?!.*\b[1-9]\d* (?:errors?|failed|failures?))",
    r"(?:Failures|Errors|Failed): 0\b(?!.*(?:Failures|Errors|Failed): [1-9])|[Dd]eprecat(?:ed|ion)\b",
    r"[━█▓░]{3}|\[[=#.>-]{8,} *\]|\b\d+%\|",
)
_ERROR_STARTS = _any(
    r"##\[error\]|E {2,}\S|(?:FAILED|ERROR|FAIL)[: ] ?\S|--- FAIL:|not ok\b|[●✖✕✗✘❌×]|\d+\) \S|\[error\]|\[ERROR\]",
    r"panic:|(?:error|fatal)(?:\[\w+\])?:|npm (?:ERR!|error)|would reformat|\*\* \(",
    r"\S+:\d+:\d+:?\s|\S+\(\d+,\d+\):|\d+:\d+\s+(?:error|✖)",
)
_ERROR_HAS = _any(
    r"(?:Error|Exception|Failure)(?: \[\w+\])?(?::|$|\) )|panicked at| error [A-Z]+\d|: (?:fatal )?error\b|fatal:",
    r"\bERROR\b|\bFATAL\b|FAIL(?:ED|URE)?\b|aborted!|[Cc]annot find|[Nn]ot found\b|\bassert.*\bfailed\b",
    r"No (?:module named|matching|such file|space left)|[Cc]ould not (?:find|resolve|open|read|connect|determine)",
    r"[Cc]ould not load|Permission denied|undefined (?:reference|symbol|variable|method|local)|undefined:",
    r"[Ss]egmentation fault|core dumped|[Tt]imed out|[Tt]imeout\b.*\bexceeded",
    r"[Ee]xpected\b.*\b(?:but|got|found|actual|received|to )",
)


def says(text: str) -> Says:
    """What the line tells."""
    text = text.strip()[:_WIDTH]
    if len(text) < _SHORTEST:
        return Says.NOTHING
    if _OUTCOME_STARTS.match(text) or _OUTCOME_HAS.search(text):
        return Says.OUTCOME
    if _NOTHING_STARTS.match(text) or _NOTHING_HAS.search(text):
        return Says.NOTHING
    return Says.ERROR if _ERROR_STARTS.match(text) or _ERROR_HAS.search(text) else Says.HINT


def key_lines(texts: Sequence[str], least: Says = Says.OUTCOME) -> tuple[str, ...]:
    """The masked lines that make this failure what it is, sorted, each once, at most `MOST`.

    Of the best grade that is there and not below `least`; empty where no line says that much.
    """
    graded: dict[Says, list[str]] = {grade: [] for grade in Says}
    for text in _ends(texts, _LOOKED_AT):
        graded[says(text)].append(text)
    best = max((grade for grade in Says if graded[grade]), default=Says.NOTHING)
    return masked(graded[best]) if best >= max(least, Says.OUTCOME) else ()


def masked(texts: Sequence[str]) -> tuple[str, ...]:
    """The lines without what changes from run to run, sorted, each once, at most `MOST`."""
    found = dict.fromkeys(normalised(text.removeprefix("##[error]")[:_WIDTH]) for text in texts)
    return tuple(sorted(_ends(list(found), MOST)))


def _ends(lines: Sequence[str], most: int) -> Sequence[str]:
    return lines if len(lines) <= most else (*lines[: most // 2], *lines[-(most // 2) :])
