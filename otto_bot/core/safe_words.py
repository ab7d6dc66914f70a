"""Words that must not reach a coder: secrets, and orders to touch protected paths or to weaken tests and checks.

A net for plain English, also reworded; what slips through is still held by the gate on the coder's diff. Statements
("the test checks …"), prohibitions ("do not delete the test") and orders about other things are let be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fnmatch import fnmatchcase

from otto_bot.core.redact import Redactor

_WEAK_VERBS = (
    r"delete|deletes?|remove|drop|skip|disable|deactivate|weaken|loosen|relax|ignore|mute|silence|"
    r"suppress|bypass|circumvent|exclude|omit|deselect|erase|purge|neuter|quarantine|discard|scrap|"
    r"deleting|removing|dropping|skipping|disabling|deactivating|weakening|loosening|relaxing|ignoring|"
    r"muting|silencing|suppressing|bypassing|circumventing|excluding|omitting|deselecting|erasing|purging|"
    r"neutering|quarantining|discarding|scrapping"
)
_PHRASES = (
    r"comment(?:ing)? out",
    r"(?:turn|switch|leav|tak|stubb?|cut|throw)(?:e|ing)? (?:off|out|away)",
    r"(?:get|getting) rid of",
    r"(?:do|doing) away with",
    r"work(?:ing)? around",
)
_VERB = rf"(?:{_WEAK_VERBS}|{'|'.join(_PHRASES)})"
_STOP = (
    r"so|that|because|to|and|or|for|from|in|on|at|which|when|until|if|before|after|with|without|by|then|"
    r"but|as|into|than|where|while|since|instead|against|inside|under|using|is|are|was|were"
)
_WORD = rf"(?!(?:{_STOP})\b)[\w'/.:=*-]+"
_HARMLESS = (
    r"helpers?|utils?|utilities|database|databases|db|data|users?|servers?|clients?|containers?|doubles?|"
    r"dependency|dependencies|imports?|output|logs?|artifacts?|caches?|environments?|env|accounts?|"
    r"records?|rows?|tables?|columns?|box|boxes|mark|marks|director(?:y|ies)|folders?|prints?|comments?|"
    r"names?|ids?|urls?|keys?|values?|fields?|accounts?|tenants?|buckets?|queues?|sums?|digits?|points?"
)
_END = rf"(?!\s+(?:{_HARMLESS})\b)(?![\w-])"
_TESTS = (
    r"tests?(?:[ -](?:cases?|suites?|files?|modules?|functions?|jobs?|steps?|runs?))?|test_\w+|\w+_test|assertions?|"
    r"asserts?|test[ -]?suites?|specs|"
    r"lint(?:s|er|ers|ing)?(?: (?:rules?|jobs?|steps?|errors?|warnings?|checks?))?|type[ -]?check(?:s|er|ers|ing)?|"
    r"mypy|ruff|flake8|pylint|eslint|tsc|clippy|pre-commit|hooks?|(?:ci|github actions?) (?:jobs?|steps?|checks?)|"
    r"workflows?|ci|pipelines?|coverage(?: \w+)?|quality gates?|gates? on \w+"
)
_CHECK = (
    r"(?:(?:these|those|this|that|the|all|any|every|its|ci|required|status|lint|type|quality|coverage|failing|style|"
    r"format(?:ting)?|security|github|red|broken|offending|whole|entire) )+checks?(?! (?:for|that|if|whether|on|of)\b)"
)
_OBJECT = rf"(?:(?:{_WORD} ){{0,5}}?(?:{_TESTS}){_END}|{_CHECK}{_END})"
_ORDERS = (
    re.compile(rf"\b{_VERB} {_OBJECT}"),
    re.compile(rf"\b(?:tak|leav|turn|switch|comment|mov|throw)(?:e|ing)? {_OBJECT} (?:out|off|away)\b"),
    re.compile(
        rf"\b{_OBJECT} (?:should|can|could|may|must|needs? to|ha(?:s|ve) to|ought to|will) (?:simply |just |safely )?"
        r"(?:go\b|be (?:deleted|removed|dropped|skipped|disabled|ignored|commented|weakened|loosened|relaxed|muted|"
        r"silenced|excluded|omitted|turned off|switched off|left out|bypassed|quarantined))"
    ),
    re.compile(
        r"\b(?:make|let|have|tell|allow|get|force)(?:ing)? (?:the |this |that |its |our )?(?:ci|workflows?|pipelines?|"
        r"checks?|lint(?:er|ing)?|jobs?|steps?|builds?|tests?(?: suite| job| step)?|actions)(?: job| step| run)? "
        r"(?:to )?(?:ignore|skip|tolerate|continue|pass (?:anyway|regardless|always)|always pass|fail\b|not fail)"
    ),
    re.compile(
        r"\b(?:lower|reduc|decreas|relax|drop|rais|set|chang|cut)(?:e|ing)? (?:[\w'-]+ ){0,4}?(?:coverage|"
        r"fail[_-]under|"
        r"cov-fail-under|lint\w*|strictness|quality)(?:[ _-](?:threshold|limit|minimum|gate|level|bar|score|"
        r"severity))?\b"
    ),
    re.compile(r"\b(?:always|trivially|unconditionally) (?:pass|passes|succeed|succeeds|green|return true)\b"),
    re.compile(r"\b(?:catch|swallow)(?:ing)? (?:the |every |any )?assertion ?errors?\b"),
    re.compile(
        rf"\b(?:{_TESTS}) so (?:that )?[^.]{{0,30}}(?:not|n't|no longer|never) (?:be )?(?:collect|run|pick|"
        rf"discover|exec)"
    ),
    re.compile(
        r"\b(?:push|merge|commit)(?:ing)? (?:it |this |them )?(?:anyway )?without (?:running )?(?:the "
        r")?(?:tests|checks|ci|hooks)\b"
    ),
)
_TOKENS = re.compile(
    r"--no-verify|continue-on-error|\|\| ?true\b|; ?true\b|\bset \+e\b|\b(?:skip[ -]ci|ci[ -]skip|no[ -]ci)\b|"
    r"#? ?noqa\b|"
    r"eslint-disable|type: ?ignore|@ts-(?:ignore|nocheck|expect-error)|\bnolint\b|#\[(?:ignore|allow)|"
    r"@(?:ignore|disabled)\b|"
    r"\bxfail\w*|\bskip(?:if|unless)\b|mark\.skip\w*|\bpytest\.skip\b|--exit-zero|--passwithnotests|-dskiptests|"
    r"--skip-tests?|--deselect|-k ?[\"']?not\b|allow[_-]failure|\bassert true\b|\b(?:it|test|describe)\.skip\b|"
    r"\bmark(?:ed)? (?:\w+ ){0,3}as (?:skipped|flaky|optional|expected to fail|non-blocking)\b|--no-fail\b"
)
_DESCRIBED = re.compile(
    r"\b(?:is|was|are|were|has|had|have|already|contains?|says?|said|removes?|removing|drop|delete|deletes|"
    r"found|the|its|"
    r"an?|this|that|existing|still)\b(?: [\w-]+){0,2} ?$"
)
"""Before a token: it is told of, or taken away; not asked for."""
_NOT = re.compile(
    r"\b(?:do not|don't|does not|doesn't|never|must not|mustn't|should not|shouldn't|may not|cannot|can't|will "
    r"not|won't|"
    r"without|not to|not by|not|instead of|rather than|avoid|no need to|refrain from|forbidden to|no reason to|"
    r"stop|nobody "
    r"may|neither|nor|no)\b"
)
_TURNED = re.compile(
    r"^\W*(?:hesitate|forget|fail|worry|mind|be afraid|be shy|only|matter|think twice|use in|point in keeping)\b"
)
"""After a negation: it says the opposite ("do not hesitate to …")."""
_LIST = re.compile(rf"^[ ,]*(?:(?:{_VERB}|or|and|nor|edit|change|touch|modify|add)[ ,]+)*$")
_TURN = re.compile(r"\b(?:but|however|then|just|simply|rather)\b|[:–—]")
_TOUCH = (
    r"(?:edit|chang|modify|modifi|updat|add|remov|delet|writ|creat|touch|patch|fix|adjust|set|put|renam|mov|extend|"
    r"rewrit|append|insert|bump|replac|overwrit|alter|tweak|configur|install|paste|commit)(?:e|ing|t?ting)?"
)
_BREAK = r"\b(?:because|since|as|which|that|so|where|when|while|if|but|like|see|from|using|with|names?|says|runs)\b"
_PATH = re.compile(r"[\w.@~+/-]*[/.][\w.@~+/-]+|\bcodeowners\b|(?<![\w.])\.[a-z]\w+")
_WORKFLOW = re.compile(
    rf"\b{_TOUCH} (?:[\w'-]+ ){{0,4}}?(?:(?:ci|github(?: actions)?|actions|verify) workflows?|workflow "
    rf"(?:files?|yaml|yml|steps?|jobs?))\b"
)
_HIDDEN = re.compile(r"[`*\"“”‘´]|(?<!\w)_|_(?!\w)|(?<=\w)['’](?=\s|$)|(?<!\w)'")


def unsafe_words(text: str, protected: tuple[str, ...]) -> str | None:
    """Why text must not reach a coder, in words its author can use; None = it may."""
    return unsafe_order(text) or _touches(text, protected)


def unsafe_order(text: str) -> str | None:
    """The same for a description, which may name any path: a secret, or an order to weaken tests or checks."""
    if Redactor().text(text) != text:
        return "contains a secret"
    for sentence in _sentences(text):
        for pattern in (*_ORDERS, _TOKENS):
            for match in pattern.finditer(sentence):
                before = sentence[: match.start()]
                told = pattern is _TOKENS and _DESCRIBED.search(before)
                if not told and not _negated(before):
                    return f"asks to weaken tests or checks: {match.group(0)[:80]!r}"
    return None


def names_protected(text: str, protected: tuple[str, ...]) -> str | None:
    """The stricter question: whether a protected path is named at all, as what is kept for later runs may not do."""
    for match in _PATH.finditer(" ".join(_sentences(text)).replace("\\", "/")):
        path = re.sub(r"^(?:\.{0,2}/)+", "", match.group(0).rstrip(".,:"))
        if _guarded(path, protected):
            return f"names the protected path {path}"
    return None


def _sentences(text: str) -> Iterator[str]:
    """Sentences in lower case, without marks of emphasis and characters that nobody sees."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf").replace("’", "'").lower()
    plain = _HIDDEN.sub("", plain.replace("'", "'"))
    for sentence in re.split(r"[!?]+|\.(?=\s|$)|;(?! ?true\b)|\n\s*(?:\n|[-*\d])", plain):
        if words := re.sub(r"\s+", " ", sentence).strip():
            yield words


def _negated(before: str) -> bool:
    """Whether the words before an order forbid it: an odd number of negations that still hold when it comes."""
    count = 0
    for match in _NOT.finditer(before):
        after = before[match.end() :]
        if _TURNED.match(after):
            continue
        holds = not _TURN.search(after) or _LIST.match(after) is not None
        if "," in after.rstrip() and not after.startswith(",") and not _LIST.match(after):
            holds = False
        if match.group(0) == "do not" and re.match(r" (?:just|simply)\b", after):
            holds = True
        count += holds
    return count % 2 == 1


def _touches(text: str, protected: tuple[str, ...]) -> str | None:
    if not protected:
        return None
    for sentence in _sentences(text):
        order = _WORKFLOW.search(sentence) if _guarded(".github/workflows/ci.yml", protected) else None
        if order is not None and not _negated(sentence[: order.start()]):
            return f"asks to change a protected workflow: {order.group(0)!r}"
        for match in _PATH.finditer(sentence.replace("\\", "/")):
            path = re.sub(r"^(?:\.{0,2}/)+", "", match.group(0).rstrip(".,:"))
            if _guarded(path, protected) and _is_ordered(sentence, match):
                return f"asks to touch the protected path {path}"
    return None


def _guarded(path: str, protected: tuple[str, ...]) -> bool:
    """Whether a glob covers the path, a name without a slash anywhere; a folder is covered by what covers its files."""
    forms = {path, f"{path.rstrip('/')}/x", path.rsplit("/", 1)[-1]}
    return any(fnmatchcase(form, glob.lower()) for glob in protected for form in forms)


def _is_ordered(sentence: str, path: re.Match[str]) -> bool:
    """`edit … PATH`, or `in PATH, set …`: an order about it, not the mention of it."""
    before, after = sentence[: path.start()], sentence[path.end() :]
    for verb in re.finditer(rf"\b{_TOUCH}\b", before):
        if not re.search(_BREAK, before[verb.end() :]) and not _negated(before[: verb.start()]):
            return True
    within = re.search(r"\b(?:in|into|inside|within|to|open)(?: the(?: file)?)? ?$", before)
    return within is not None and re.match(rf",? (?:please |just |and )?{_TOUCH}\b", after) is not None
