"""What a learning may say: made visible, with a scope that is one, and nothing that weakens checks or gives orders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from otto_bot.core.safe_words import names_protected, unsafe_order
from otto_bot.core.values import writable

WHOLE = "repository"
"""The scope of a fact that holds everywhere in a repository."""

_WHOLE_WORDS = frozenset({"", WHOLE, "repo", "all", "*", "**", ".", "./", "/"})
_GLOB = re.compile(r"[\w.@~+*?\[\]!{}-]+(?:/[\w.@~+*?\[\]!{}-]+)*/?")
_HIDDEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\U000e0100")
"""Characters that show nothing although Unicode calls them letters or marks."""
_CHECK = r"\b(?:tests?|assertions?|checks?|lint\w*|workflows?|ci|pipeline)\b"
_PASSIVE = re.compile(
    _CHECK + r"[^.\n]{0,40}\b(?:skipped|disabled|deleted|removed|ignored|bypassed|weakened|loosened|commented out)\b",
    re.IGNORECASE,
)
_ACTIVE = re.compile(
    r"\b(?:bypass|circumvent|turn off|switch off|do without|need not run)\b[^.\n]{0,40}" + _CHECK, re.IGNORECASE
)
_SWITCHES = re.compile(
    r"--no-verify|\[\s*(?:skip ci|ci skip|no ci)\s*\]|continue-on-error|\|\|\s*true\b"
    r"|\bmark\.(?:skip|xfail)|@(?:Disabled|Ignore)\b|\b(?:it|test|describe)\.skip\b|\beslint-disable|\btype:\s*ignore|\bnoqa\b|\bt\.Skip\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,30}\b(?:instructions?|rules?|prompts?|criteria|guidance)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"\b(?:do not|don't|never|must not|may not|cannot|without|not to|instead of|not be)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"[.!?;](?=\s)|\n")
_WORDS = re.compile(r"\W+")


def tidy(text: str) -> str:
    """Text on one line, without characters that a reader cannot see."""
    seen = (c for c in text if c in "\n\t\r " or not _unseen(c))
    return " ".join(writable("".join(seen)).split())


def _unseen(character: str) -> bool:
    if character in _HIDDEN or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return True
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def scope_of(text: str) -> str | None:
    """A scope as it is stored: `repository` or a path glob; None where it is neither."""
    scope = tidy(text).removeprefix("./")
    if scope.lower() in _WHOLE_WORDS:
        return WHOLE
    if len(scope) > 200 or not _GLOB.fullmatch(scope) or ".." in scope.split("/"):
        return None
    return scope


def unsafe(text: str, protected: tuple[str, ...]) -> str | None:
    """Why a learning can never be kept or told, by nobody's word; checked when proposed, accepted and told.

    Look-alike letters count as what they look like. Raises nothing.
    """
    for form in dict.fromkeys((text, tidy(text), unicodedata.normalize("NFKC", tidy(text)))):
        if problem := unsafe_order(form) or names_protected(form, protected) or _weakens(form):
            return problem
    return None


def _weakens(text: str) -> str | None:
    if match := _SWITCHES.search(text):
        return f"names a way around the checks: {match.group(0)!r}"
    if match := _ORDERS.search(text):
        return f"is an order about instructions: {match.group(0)!r}"
    for pattern in (_PASSIVE, _ACTIVE):
        for match in pattern.finditer(text):
            before = _SENTENCE.split(text[max(0, match.start() - 30) : match.start()])[-1]
            if not _NEGATED.search(before + match.group(0)):
                return f"asks to weaken tests or checks: {match.group(0)!r}"
    return None


def verbatim(text: str, evidence: Iterable[str]) -> bool:
    """Whether the words were taken over from evidence: they stand in it, or are little more than one line of it."""
    words = _plain(text)
    if not words:
        return True
    for body in evidence:
        if words in _plain(body):
            return True
        lines = (_plain(line) for line in body.splitlines())
        if any(line in words and len(line) >= 0.7 * len(words) for line in lines if len(line) >= 12):
            return True
    return False


def _plain(text: str) -> str:
    return _WORDS.sub(" ", unicodedata.normalize("NFKC", tidy(text)).casefold()).strip()
