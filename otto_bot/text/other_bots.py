"""Words by which people command other bots, written so that people read them and no bot obeys.

Bots read a comment's source line by line, or look for a word anywhere in it; quotes and code blocks mean nothing to
most of them. So a space goes behind the sign that makes a command, or the words of a phrase are joined.
"""

from __future__ import annotations

import re

_VERBS = (
    "approve|area|assign|autocc|azp|backport|bisect|build|cancel|cc|cherry-?pick|close|conflict|deploy|duplicate|"
    "freeze|help|hold|integrate|joke|kind|label|language|lgtm|lifecycle|lint|lock|merge|meow|milestone|needs-\\w+|"
    "ok-to-test|okay-to-test|override|pipeline|priority|promote|publish|queue|ready|rebase|rebuild|recheck|release|"
    "remove-[\\w-]+|reopen|rerun|restart|retest\\w*|retitle|retry|revert|review|rollback|run|run-[\\w-]+|shrug|sig|"
    "skip|squash|stage|start|status|stop|subscribe|sync|test|test-?[\\w-]+|transfer\\w*|triage|trigger|trigger-[\\w-]+|"
    "try|unassign|uncc|undeploy|unhold|unlock|update|verify|verify-owners|wip|woof"
)
_SLASH = re.compile(rf"(?<![\w/.~])/(?=(?:{_VERBS})(?:-[\w-]*)?(?![\w/.]))", re.IGNORECASE)
_NAMES = (
    "[\\w-]*bot|[\\w-]*bors|homu|mergify(?:io)?|coderabbitai|claude|codex|copilot|cursor|gemini-code-assist|devin\\w*|"
    "openhands\\w*|sweep\\w*|renovate|all-contributors|rust-timer|greptileai|sourcery-ai|github-actions|meeseeks\\w*|"
    "netlify|vercel|snyk|sonarcloud|codecov|circleci|travis\\w*|jenkins|azure-pipelines|linear|graphite\\w*|jules"
)
_NAME = re.compile(rf"(?<![\w.])@(?=(?:{_NAMES})(?![\w.]))", re.IGNORECASE)
_PLEASE = re.compile(r"\b((?:re-?)?test)\W+(this)\W+(please)\b", re.IGNORECASE)
_OKAY = re.compile(r"\b(ok|add)\W+(to)\W+(test|whitelist)\b", re.IGNORECASE)
_BORS = re.compile(
    r"\b((?:bors|homu)[:,]?)\s+(?=r[+=?-]|try|merge|retry|cancel|ping|delegate|d[+=]|p=|rollup|single)", re.IGNORECASE
)
_LINE = re.compile(r"^([\s>*+|-]*)([/!])(?=[A-Za-z])(?![\w-]*[/.])", re.MULTILINE)
_ALONE = re.compile(
    r"^([ \t>*+-]*)(?=(?:recheck|reverify|rebuild|retest|build|test)[ \t]*$)", re.MULTILINE | re.IGNORECASE
)


def unheard(text: str) -> str:
    """Text in which no known command of another bot stands, wherever it is looked for."""
    text = _NAME.sub("@ ", _SLASH.sub("/ ", text))
    text = _BORS.sub(lambda match: f"{match.group(1).rstrip(':,')}_", text)
    return _OKAY.sub(r"\1_\2_\3", _PLEASE.sub(r"\1_\2_\3", text))


def unheard_lines(text: str) -> str:
    """The same for a block of text that stays as it is: no line begins as a command, known or not."""
    return _ALONE.sub(r"\1· ", _LINE.sub(r"\1\2 ", unheard(text)))
